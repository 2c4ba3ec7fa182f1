"""Where the program begins: `python -m adapter` and the command `epos-adapter`."""

import gc

# What is loaded stays for good, so looking for garbage meanwhile finds none; it takes a twelfth of the time to load.
gc.disable()

from adapter.cli import main  # noqa: E402 - after the line above, which is about loading this

gc.freeze()
gc.enable()

if __name__ == "__main__":
    main()
