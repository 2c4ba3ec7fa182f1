<#
.SYNOPSIS
Goes back to the version that was installed before the last one. Run again, it goes forward again.

.EXAMPLE
powershell -ExecutionPolicy Bypass -File deploy\windows\rollback.ps1
#>
[CmdletBinding()]
param()
Set-StrictMode -Version Latest
$ErrorActionPreference = "Stop"

$home_ = Join-Path $env:ProgramFiles "epos-adapter"
$venv = Join-Path $home_ "venv"
$before = Join-Path $home_ "venv.old"
$swap = Join-Path $home_ "venv.swap"
if (-not (Test-Path $before)) { throw "There is no version before this one in $before." }
Stop-Service -Name "epos-adapter"
Move-Item $venv $swap
Move-Item $before $venv
Move-Item $swap $before
Start-Service -Name "epos-adapter"
& (Join-Path $venv "Scripts\python.exe") -P -m adapter --version
