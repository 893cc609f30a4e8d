import os
import pty

answer = pty.spawn(["/bin/sh", "-c", "test -t 0 && echo spawned; exit 3"])
print("pty.spawn: %d" % os.waitstatus_to_exitcode(answer), flush=True)
master, slave = pty.openpty()
os.write(os.open(os.ttyname(slave), os.O_RDWR | os.O_NOCTTY), b"py")
print("pty.openpty: %s" % os.read(master, 10).decode(), flush=True)
pid, master = os.forkpty()
if pid == 0:
    os.write(1, b"forked")
    os._exit(0)
print("os.forkpty: %s" % os.read(master, 10).decode(), flush=True)
os.waitpid(pid, 0)
print("ATTACK-DONE", flush=True)
