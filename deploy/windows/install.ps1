<#
.SYNOPSIS
Installs the adapter as a Windows service, or a newer version over an older one.

.DESCRIPTION
Needs Python 3.11 or newer (python.org, "for all users") and WinSW-x64.exe beside this script. Puts a Python environment
and the service into %ProgramFiles%\epos-adapter and the configuration into %ProgramData%\epos-adapter, which only
administrators and the service can read. A configuration that is there is never written over.

Extras are those of the package that this site needs, with commas between: mariadb, sqlite, sqlserver, unicenta, otel. They are
remembered: a newer version is installed with those of the one before, unless others are named.

.EXAMPLE
powershell -ExecutionPolicy Bypass -File deploy\windows\install.ps1

.EXAMPLE
powershell -ExecutionPolicy Bypass -File deploy\windows\install.ps1 -Extras "mariadb"
#>
[CmdletBinding()]
param(
    [string] $Python = "py",
    [string] $Source = (Resolve-Path (Join-Path $PSScriptRoot "..\..")).Path,
    [string] $Extras = "",
    [string] $WinSW = (Join-Path $PSScriptRoot "WinSW-x64.exe")
)
Set-StrictMode -Version Latest
$ErrorActionPreference = "Stop"

$principal = New-Object Security.Principal.WindowsPrincipal([Security.Principal.WindowsIdentity]::GetCurrent())
if (-not $principal.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)) {
    throw "Run this in a PowerShell that was started as administrator."
}
if (-not (Test-Path $WinSW)) {
    throw "There is no $WinSW. Download WinSW-x64.exe from https://github.com/winsw/winsw/releases and put it there."
}
& $Python -c "import sys; sys.exit(sys.version_info < (3, 11))"
if ($LASTEXITCODE -ne 0) { throw "$Python is no Python 3.11 or newer." }

$home_ = Join-Path $env:ProgramFiles "epos-adapter"
$settings = Join-Path $env:ProgramData "epos-adapter"
$service = Join-Path $home_ "epos-adapter.exe"
$remembered = Join-Path $home_ "extras.txt"
if (-not $PSBoundParameters.ContainsKey("Extras") -and (Test-Path $remembered)) { $Extras = [string](Get-Content $remembered) }
$package = if ($Extras) { "$Source[$Extras]" } else { $Source }
New-Item -ItemType Directory -Force -Path $home_, $settings, (Join-Path $settings "log") | Out-Null

# A new environment beside the old one, which serves until the new one is whole.
$fresh = Join-Path $home_ "venv.new"
if (Test-Path $fresh) { Remove-Item -Recurse -Force $fresh }
& $Python -m venv --prompt epos-adapter $fresh
& (Join-Path $fresh "Scripts\python.exe") -m pip install --quiet --disable-pip-version-check $package
if ($LASTEXITCODE -ne 0) { throw "pip could not install $package; nothing was changed." }
& (Join-Path $fresh "Scripts\python.exe") -P -m adapter --version
if ($LASTEXITCODE -ne 0) { throw "The new version does not start; nothing was changed." }

$known = Get-Service -Name "epos-adapter" -ErrorAction SilentlyContinue
if ($known -and $known.Status -ne "Stopped") { Stop-Service -Name "epos-adapter" }
$venv = Join-Path $home_ "venv"
$before = Join-Path $home_ "venv.old"
if (Test-Path $before) { Remove-Item -Recurse -Force $before }
if (Test-Path $venv) { Move-Item $venv $before }
Move-Item $fresh $venv
Set-Content -Path $remembered -Value $Extras

Copy-Item -Force $WinSW $service
Copy-Item -Force (Join-Path $PSScriptRoot "epos-adapter.xml") (Join-Path $home_ "epos-adapter.xml")
$config = Join-Path $settings "config.toml"
if (-not (Test-Path $config)) {
    Copy-Item (Join-Path $Source "config.example.toml") $config
    Write-Host "Put an example at ${config}: edit it. Secrets go into files of this folder: { file = `"dojo.key`" }."
}
# Secrets are here: administrators and the service's account, and nobody else.
& icacls $settings /inheritance:r /grant:r "*S-1-5-32-544:(OI)(CI)F" "*S-1-5-18:(OI)(CI)F" "*S-1-5-19:(OI)(CI)M" | Out-Null

if (-not $known) { & $service install }
if ($known -and $known.Status -eq "Running") {
    Start-Service -Name "epos-adapter"
    Write-Host "Restarted. The version before is in $before; deploy\windows\rollback.ps1 goes back to it."
} else {
    Write-Host "Start it with: Start-Service epos-adapter"
}
Write-Host "Watch it with:  Get-Content -Wait `"$settings\log\epos-adapter.err.log`""
