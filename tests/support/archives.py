"""Archives and git repositories with the same bytes at every making."""

import gzip
import io
import os
import subprocess
import tarfile
import zipfile

from world import write_file

FIXED_TIME = 1704164646
FIXED_ZIP_TIME = (2024, 1, 2, 3, 4, 6)


def as_bytes(content):
    return content.encode() if isinstance(content, str) else content


def tar_gz(top, files, executable=()):
    """`files`: path beneath `top` -> content. Returns the archive's bytes."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=FIXED_TIME) as stream:
        with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            for name, content in files.items():
                data = as_bytes(content)
                info = tarfile.TarInfo(top + "/" + name)
                info.size = len(data)
                info.mode = 0o755 if name in executable else 0o644
                info.mtime = FIXED_TIME
                archive.addfile(info, io.BytesIO(data))
    return packed.getvalue()


def zipped(top, files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(top + "/" + name, FIXED_ZIP_TIME)
            archive.writestr(info, as_bytes(content))
    return packed.getvalue()


def git_repository(folder, name, files, env, executable=()):
    """A bare repository `folder`/`name`.git that a static server can serve (dumb HTTP), with one
    commit on the branch main and the tag v1.0.0. Returns (its path, the commit)."""
    work = os.path.join(folder, name + ".work")
    bare = os.path.join(folder, name + ".git")
    for path, content in files.items():
        write_file(os.path.join(work, path), content, 0o755 if path in executable else 0o644)
    stamp = "%d +0000" % FIXED_TIME
    env = dict(env, GIT_CONFIG_NOSYSTEM="1", GIT_CONFIG_GLOBAL="/dev/null",
               GIT_AUTHOR_DATE=stamp, GIT_COMMITTER_DATE=stamp)
    for role in ("AUTHOR", "COMMITTER"):
        env["GIT_%s_NAME" % role] = "Test"
        env["GIT_%s_EMAIL" % role] = "test@example.com"
    for argv in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "first"],
                 ["tag", "v1.0.0"], ["clone", "-q", "--bare", ".", bare]):
        _git(argv, env, work)
    _git(["update-server-info"], env, bare)
    return bare, _git(["rev-parse", "main"], env, bare)


def _git(argv, env, cwd):
    made = subprocess.run(["git"] + argv, env=env, cwd=cwd, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=60)
    text = made.stdout.decode("utf-8", "replace").strip()
    if made.returncode != 0:
        raise RuntimeError("git %s: %s" % (" ".join(argv), text))
    return text
