"""Runs one file of tests: run_tests.py FILE [--as-user] [CASE...]"""

import importlib.util
import os
import sys

SUPPORT = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [SUPPORT]

import environment  # noqa: E402
import processes  # noqa: E402


def main():
    if "--as-user" in sys.argv:
        environment.become_ordinary_user()
    arguments = [word for word in sys.argv[1:] if word != "--as-user"]
    path = os.path.abspath(arguments[0])
    processes.become_subreaper()
    spec = importlib.util.spec_from_file_location("tests_of_this_file", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["tests_of_this_file"] = module
    spec.loader.exec_module(module)
    environment.main(module="tests_of_this_file", argv=[path] + arguments[1:])


if __name__ == "__main__":
    main()
