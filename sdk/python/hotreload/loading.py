"""Imports a plugin from source, never from bytecode, and records every file that was read on the
way.
"""

import hashlib
import importlib.machinery
import importlib.util
import linecache
import os
import sys
import types

HASH_CHUNK_BYTES = 1 << 18


class FileRecord:
    """The files below the plugin folders that were read, each with the hash of the bytes read."""

    def __init__(self, roots, data_dir=""):
        self.roots = tuple(os.path.join(os.path.abspath(root), "") for root in roots)
        self._data_dir = os.path.join(os.path.abspath(data_dir), "") if data_dir else None
        self._hashes = {}
        self._busy = False
        self.active = False

    def start(self):
        global _recording
        self.active = True
        if _recording is None:
            sys.addaudithook(_audit)
        _recording = self

    def files(self):
        return [{"path": path, "sha256": digest} for path, digest in sorted(self._hashes.items())]

    def read(self, path):
        """Reads a module's source and records exactly the bytes that will run."""
        self._busy = True
        try:
            with open(path, "rb") as file:
                data = file.read()
        finally:
            self._busy = False
        if self.active:
            self._hashes[os.path.abspath(path)] = hashlib.sha256(data).hexdigest()
        return data

    def opening(self, path, mode, flags):
        if self._busy:
            return
        self._busy = True
        try:
            self._opened(path, mode, flags)
        except Exception:
            pass
        finally:
            self._busy = False

    def _opened(self, path, _mode, flags):
        if not isinstance(path, (str, bytes)) or flags & os.O_ACCMODE != os.O_RDONLY:
            return
        path = os.path.abspath(os.fsdecode(path))
        if not path.startswith(self.roots) or path in self._hashes or path.endswith(".pyc"):
            return
        if self._data_dir and path.startswith(self._data_dir):
            return
        # Hashed before the plugin reads it: were it to change in between, the host sees a
        # difference and reloads.
        if os.path.isfile(path):
            self._hashes[path] = _hash_file(path)


_recording = None  # the record that the one audit hook of the process tells


def _audit(event, args):
    # An audit hook cannot be taken out again, so it must stay cheap and must never raise.
    if event == "open" and _recording.active:
        _recording.opening(*args)


def _hash_file(path):
    digest = hashlib.sha256()
    with open(path, "rb", buffering=0) as file:
        while chunk := file.read(HASH_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


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
        return importlib.machinery.FileFinder(
            path, (lambda name, file: SourceLoader(name, file, record), [".py"])
        )

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
