"""All steps of some attacks in one Python program, which the package of any manager can hold."""

import base64
import hashlib
import os
import zlib

# `attacks.py FILE` writes what the steps say into FILE, "-" being its standard output. Not every
# manager keeps the modes of a package's files, so the programs are unpacked where one may write.
RUNNER = r'''
import base64, os, shutil, subprocess, sys, tempfile, zlib
place = tempfile.mkdtemp()
said = sys.stdout.buffer if sys.argv[1] == "-" else open(sys.argv[1], "wb")
def say(text):
    said.write(text.encode())
    said.flush()
try:
    open("writable", "w").close()
    os.unlink("writable")
except OSError:
    os.chdir(place)  # some steps prepare files where they stand
for step in STEPS:
    say("<<%s\n" % step["id"])
    program = os.path.join(place, step["file"])
    with open(program, "wb") as file:
        file.write(zlib.decompress(base64.b85decode(PROGRAMS[step["digest"]])))
    os.chmod(program, 0o755)
    argv = [program] + step["args"]
    if program.endswith(".py"):
        argv.insert(0, step["interpreter"] or sys.executable)
    env = {} if step["clear_env"] else dict(os.environ)
    env.update(step["env"])
    try:
        status = subprocess.run(argv, env=env, timeout=step["timeout"], stdin=subprocess.DEVNULL,
                                stdout=said, stderr=subprocess.STDOUT).returncode
    except Exception as error:
        status = repr(error)
    say("\n%s:%s>>\n" % (step["id"], status))
shutil.rmtree(place, ignore_errors=True)
'''


def steps_of(attacks, world):
    """Yields (step, what the package must know of it, the program's content)."""
    for attack in attacks:
        for number, step in enumerate(attack.steps(world)):
            name = "%s.%d.%s" % (attack.name, number, os.path.basename(step.name))
            with open(step.source(attack.folder), "rb") as source:
                content = source.read()
            yield step, {"id": "%s.%d" % (attack.name, number), "file": name, "args": step.args,
                         "env": step.env, "timeout": step.timeout,
                         "interpreter": step.interpreter, "clear_env": step.clear_env}, content


def program_of(attacks, world):
    """The text of the program, and the seconds that it may take."""
    steps, programs, seconds = [], {}, 0
    for step, entry, content in steps_of(attacks, world):
        entry["digest"] = hashlib.sha256(content).hexdigest()
        if entry["digest"] not in programs:
            programs[entry["digest"]] = base64.b85encode(zlib.compress(content)).decode()
        steps.append(entry)
        seconds += step.timeout
    return "STEPS = %r\nPROGRAMS = %r\n%s" % (steps, programs, RUNNER), seconds
