"""Run the command line as ``python -m urbsim``."""

from urbsim.cli import main

if __name__ == "__main__":
    main()
