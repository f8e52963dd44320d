"""Imports a plugin from source, never from bytecode, and records every file that was read on the
way.
"""

import hashlib
import importlib.machinery
import importlib.util
import linecache
import os
import stat
import sys
import threading
import types

HASH_CHUNK_BYTES = 1 << 18
HASHED_FILE_BYTES_MAX = 8 << 20  # of larger files the host goes by their mark
IMPORT_SYSTEM = (__file__, "<frozen importlib")
FILES_MAX = 10_000  # that one worker tells of


class FileRecord:
    """The files below the plugin folders that were read, each with the hash of the bytes read; and
    those that could not be, because they were not there or not for this plugin.
    """

    def __init__(self, roots, data_dir=""):
        self.roots = tuple(os.path.join(os.path.abspath(root), "") for root in roots)
        self._data_dir = os.path.join(os.path.abspath(data_dir), "") if data_dir else None
        self._hashes = {}  # path -> hash or mark, None for what could not be read
        self._identities = {}
        self._thread = threading.local()
        self._tell = None

    def start(self):
        global _recording
        if _recording is None:
            sys.addaudithook(_audit)
        _recording = self

    def files(self):
        return [_shown(path, digest) for path, digest in sorted(self._hashes.items())]

    def follow(self, tell):
        """From now on each file goes to `tell` as it is read: the plugin has been loaded."""
        self._tell = tell

    def read(self, path):
        """Reads a module's source and records exactly the bytes that will run."""
        self._thread.busy = True
        try:
            with open(path, "rb") as file:
                found = os.fstat(file.fileno())
                data = file.read()
        except OSError:
            self._keep(os.path.abspath(path), None, None)
            raise
        finally:
            self._thread.busy = False
        large = found.st_size > HASHED_FILE_BYTES_MAX
        digest = _mark(found) if large else hashlib.sha256(data).hexdigest()
        self._keep(os.path.abspath(path), digest, found)
        return data

    def missing(self, path):
        """Something was looked for at `path` in vain."""
        if path not in self._hashes and self.is_ours(path):
            self._keep(path, None, None)

    def opening(self, path, mode, flags):
        if getattr(self._thread, "busy", False):
            return
        self._thread.busy = True
        try:
            self._opened(path, mode, flags)
        except Exception:
            pass
        finally:
            self._thread.busy = False

    def _opened(self, path, _mode, flags):
        if not isinstance(path, (str, bytes)) or flags & os.O_ACCMODE != os.O_RDONLY:
            return
        path = os.path.abspath(os.fsdecode(path))
        if not self.is_ours(path):
            return
        try:
            found = os.stat(path)
        except (FileNotFoundError, NotADirectoryError):
            return self.missing(path)
        if not stat.S_ISREG(found.st_mode) or self._identities.get(path) == _identity(found):
            return
        # Hashed before the plugin reads it: were it to change in between, the host sees a
        # difference and reloads.
        try:
            self._keep(path, _hash_file(path), found)
        except PermissionError:
            self._keep(path, None, None)

    def is_ours(self, path):
        if not path.startswith(self.roots) or path.endswith(".pyc"):
            return False
        return not (self._data_dir and path.startswith(self._data_dir))

    def _keep(self, path, digest, found):
        if len(self._hashes) >= FILES_MAX and path not in self._hashes:
            return
        # While it loads the first time counts: that is what the plugin is made of.
        self._hashes.setdefault(path, digest)
        if found is None:
            self._identities.pop(path, None)
        else:
            self._identities[path] = _identity(found)
        if self._tell is not None:
            self._tell([_shown(path, digest)])


def _shown(path, digest):
    return {"path": path, "mark" if digest and " " in digest else "sha256": digest}


def _identity(found):
    # With its ctime, because the number of a file that has gone is soon another's.
    return found.st_dev, found.st_ino, found.st_ctime_ns


_recording = None  # the record that the one audit hook of the process tells


def _audit(event, args):
    # An audit hook cannot be taken out again, so it must stay cheap and must never raise.
    if event == "open":
        _recording.opening(*args)


def _hash_file(path):
    digest = hashlib.sha256()
    with open(path, "rb", buffering=0) as file:
        found = os.fstat(file.fileno())
        if found.st_size > HASHED_FILE_BYTES_MAX:
            return _mark(found)
        while chunk := file.read(HASH_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _mark(found):
    times = found.st_mtime_ns, found.st_ctime_ns
    return " ".join(map(str, (found.st_dev, found.st_ino, found.st_size, *times)))


class SourceLoader(importlib.machinery.SourceFileLoader):
    """Compiles the bytes on disk every time; __pycache__ is neither read nor written."""

    def __init__(self, fullname, path, record):
        super().__init__(fullname, path)
        self._record = record

    def get_data(self, path):
        return self._record.read(path)

    def get_code(self, fullname):
        path = self.get_filename(fullname)
        source = self.get_data(path)
        code = compile(source, path, "exec", dont_inherit=True)
        # Tracebacks show the lines that ran, also when the file has been edited since.
        text = importlib.util.decode_source(source)
        linecache.cache[path] = (len(source), None, text.splitlines(keepends=True), path)
        return code

    def set_data(self, path, data, *, _mode=0o666):
        pass


class SourceFinder(importlib.machinery.FileFinder):
    """Finds modules in one folder; what is not there may come, and would be found then."""

    def __init__(self, path, record):
        super().__init__(path, (lambda name, file: SourceLoader(name, file, record), [".py"]))
        self._record = record

    def find_spec(self, fullname, target=None):
        spec = super().find_spec(fullname, target)
        if (spec is None or spec.loader is None) and self._record.is_ours(_importer()):
            place = os.path.join(self.path, fullname.rpartition(".")[2])
            self._record.missing(f"{place}.py")
            self._record.missing(os.path.join(place, "__init__.py"))
        return spec


def _importer():
    """The file of the code that imports something right now."""
    frame = sys._getframe()
    while frame and frame.f_code.co_filename.startswith(IMPORT_SYSTEM):
        frame = frame.f_back
    return frame.f_code.co_filename if frame else ""


def import_entry(record, module, entry):
    """Imports the plugin at `entry` under the name `module` and returns it."""
    entry = os.path.abspath(entry)
    if module in sys.modules:
        raise ImportError(
            f"the name {module} is taken: rename {os.path.basename(entry)}", name=module, path=entry
        )
    _serve_roots(record)
    parent = module.rpartition(".")[0]
    if parent:
        _extend_package(parent, record.roots)
    is_package = os.path.basename(entry) == "__init__.py"
    locations = [os.path.dirname(entry)] if is_package else None
    loader = SourceLoader(module, entry, record)
    spec = importlib.util.spec_from_file_location(
        module, entry, loader=loader, submodule_search_locations=locations
    )
    loaded = importlib.util.module_from_spec(spec)
    sys.modules[module] = loaded
    if parent:
        setattr(sys.modules[parent], module.rpartition(".")[2], loaded)
    spec.loader.exec_module(loaded)
    return sys.modules[module]


def _serve_roots(record):
    """Makes our loader the one for every folder below the roots, packages and helpers included."""

    def finder_for(path):
        if not os.path.join(os.path.abspath(path), "").startswith(record.roots):
            raise ImportError("not a plugin folder", path=path)
        return SourceFinder(path, record)

    sys.path_hooks.insert(0, finder_for)
    for root in record.roots:
        folder = root.rstrip(os.sep)
        sys.path_importer_cache.pop(folder, None)
        if folder not in sys.path:
            sys.path.append(
                folder
            )  # last: a helper beside the plugins never hides the standard library


def _extend_package(name, roots):
    """Lets the parent package find siblings in the plugin folders; makes an empty one where there
    is none.
    """
    try:
        package = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise
        grandparent = name.rpartition(".")[0]
        if grandparent:
            _extend_package(grandparent, ())
        package = sys.modules[name] = types.ModuleType(name)
        package.__path__ = []
    package.__path__ = [*package.__path__, *(root.rstrip(os.sep) for root in roots)]
