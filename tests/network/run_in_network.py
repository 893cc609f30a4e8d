"""Runs one file of tests in the small internet: run_in_network.py FILE [--as-user] [CASE...]"""

import importlib.util
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(os.path.dirname(HERE), "support"), HERE]

import environment  # noqa: E402
import private_network  # noqa: E402
import processes  # noqa: E402
from small_internet import RESOLVER  # noqa: E402


def main():
    if "--as-user" in sys.argv:
        environment.become_ordinary_user()
    words = [word for word in sys.argv[1:] if word != "--as-user"]
    why_not = private_network.enter(RESOLVER)
    if why_not:
        print("skipped: " + why_not)
        sys.exit(1 if environment.under_ci() else environment.SKIPPED)
    processes.become_subreaper()
    path = os.path.abspath(words[0])
    spec = importlib.util.spec_from_file_location("tests_of_this_file", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["tests_of_this_file"] = module
    spec.loader.exec_module(module)
    environment.main(module="tests_of_this_file", argv=[path] + words[1:])


if __name__ == "__main__":
    main()
