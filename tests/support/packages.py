"""Makers of wheels and source packages, from the standard library alone."""

import base64
import glob
import hashlib
import io
import os
import tarfile
import zipfile

FIXED_TIME = (2024, 1, 2, 3, 4, 6)
PYTHON_WHEELS = "/usr/share/python-wheels"  # Debian's python3-setuptools-whl
DIST_PACKAGES = "/usr/lib/python3/dist-packages"

SETUPTOOLS_BACKEND = ('[build-system]\nrequires = ["setuptools", "wheel"]\n'
                      'build-backend = "setuptools.build_meta"\n')


def normalize(name):
    return name.lower().replace("_", "-").replace(".", "-")


def _record_line(path, data):
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return "%s,sha256=%s,%d\n" % (path, digest, len(data))


def make_wheel(folder, name, version, files, requires=(), scripts=None):
    """`files`: path in the wheel -> content. `scripts`: console name -> "module:function"."""
    stem = "%s-%s" % (name.replace("-", "_"), version)
    info = stem + ".dist-info"
    metadata = "Metadata-Version: 2.1\nName: %s\nVersion: %s\n" % (name, version)
    metadata += "".join("Requires-Dist: %s\n" % item for item in requires)
    members = dict(files)
    members[info + "/METADATA"] = metadata
    members[info + "/WHEEL"] = ("Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\n"
                                "Tag: py3-none-any\n")
    if scripts:
        members[info + "/entry_points.txt"] = "[console_scripts]\n" + "".join(
            "%s = %s\n" % item for item in scripts.items())
    return _write_wheel(os.path.join(folder, stem + "-py3-none-any.whl"), info, members)


def _write_wheel(path, info, members):
    record = ""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            data = content.encode() if isinstance(content, str) else content
            archive.writestr(zipfile.ZipInfo(name, FIXED_TIME), data)
            record += _record_line(name, data)
        record += info + "/RECORD,,\n"
        archive.writestr(zipfile.ZipInfo(info + "/RECORD", FIXED_TIME), record)
    return path


def make_sdist(folder, name, version, files, executable=()):
    """`files`: path in the package -> content. PKG-INFO is added."""
    stem = "%s-%s" % (name, version)
    members = {"PKG-INFO": "Metadata-Version: 2.1\nName: %s\nVersion: %s\n" % (name, version)}
    members.update(files)
    path = os.path.join(folder, stem + ".tar.gz")
    with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT) as archive:
        for member, content in members.items():
            data = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(stem + "/" + member)
            info.size = len(data)
            info.mode = 0o755 if member in executable else 0o644
            info.mtime = 1704164646
            archive.addfile(info, io.BytesIO(data))
    return path


def setup_py(name, version, body="", arguments=""):
    """A setup.py that runs `body` first, as hostile packages do."""
    return ("%s\nfrom setuptools import setup\nsetup(name=%r, version=%r, py_modules=[%r]%s)\n"
            % (body, name, version, name.replace("-", "_"), arguments))


def vendor_build_requirements(folder):
    """Puts setuptools and wheel, as the distribution ships them, into `folder`: setuptools is
    Debian's wheel (python3-setuptools-whl), wheel is packed from python3-wheel's files."""
    made = []
    for path in glob.glob(os.path.join(PYTHON_WHEELS, "setuptools-*.whl")):
        target = os.path.join(folder, os.path.basename(path))
        with open(path, "rb") as source, open(target, "wb") as copy:
            copy.write(source.read())
        made.append(target)
    if not made:
        raise RuntimeError("python3-setuptools-whl is not installed (needed for build isolation)")
    made.append(_pack_wheel_package(folder))
    return made


def _pack_wheel_package(folder):
    found = glob.glob(os.path.join(DIST_PACKAGES, "wheel-*.egg-info"))
    found += glob.glob(os.path.join(DIST_PACKAGES, "wheel-*.dist-info"))
    if not found:
        raise RuntimeError("python3-wheel is not installed (needed for build isolation)")
    version = os.path.basename(found[0]).split("-")[1].replace(".egg", "").replace(".dist", "")
    files = {}
    root = os.path.join(DIST_PACKAGES, "wheel")
    for directory, subdirectories, names in os.walk(root):
        subdirectories[:] = [name for name in subdirectories if name != "__pycache__"]
        for name in names:
            path = os.path.join(directory, name)
            with open(path, "rb") as file:
                files[os.path.relpath(path, DIST_PACKAGES)] = file.read()
    stem = "wheel-" + version
    info = stem + ".dist-info"
    files[info + "/METADATA"] = "Metadata-Version: 2.1\nName: wheel\nVersion: %s\n" % version
    files[info + "/WHEEL"] = ("Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\n"
                              "Tag: py3-none-any\n")
    # setuptools finds bdist_wheel through this entry point.
    files[info + "/entry_points.txt"] = ("[console_scripts]\nwheel = wheel.cli:main\n\n"
                                         "[distutils.commands]\n"
                                         "bdist_wheel = wheel.bdist_wheel:bdist_wheel\n")
    return _write_wheel(os.path.join(folder, stem + "-py3-none-any.whl"), info, files)
