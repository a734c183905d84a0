"""Answers readers of other processes while this one holds the case: one SELECT a request, over a Unix socket.

The socket lies in a folder that only this user may enter, named by the hash of the case's real path. A request is
a JSON object ``{"sql", "params"}`` behind its length (4 bytes, network order); the answer is one status byte
(``A`` rows, ``E`` a refusal), a length (8 bytes) and an Arrow IPC stream or a sentence. It runs in a read-only
transaction of its own, bounded in time and rows, so the writer is not disturbed. A writer that takes orders is given
``{"order"}`` too, which it does itself when it comes to it; its answer is JSON.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import socket
import socketserver
import stat
import struct
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pyarrow as pa

from ais.reader import QueryError

if TYPE_CHECKING:
    import duckdb

MAX_ROWS = 50_000_000
MAX_SECONDS = 120.0
MAX_REQUEST_BYTES = 1 << 20
Orders = Callable[[Mapping[str, Any]], Mapping[str, Any]]
_ORDER = b'{"order": '
_CUT_OFF_S = 5.0  # for what is under way to end
_PAUSE_S = 0.1  # where no more files can be open, before a reader is let in again


def _folder() -> Path | None:
    """Return the runtime folder that only this user may enter, made if missing; None where it cannot be trusted."""
    base = os.environ.get("XDG_RUNTIME_DIR")
    folder = Path(base) / "darkwake" if base else Path(tempfile.gettempdir()) / f"darkwake-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        info = folder.lstat()
    except OSError:
        return None
    ours = stat.S_ISDIR(info.st_mode) and info.st_uid == os.getuid() and not info.st_mode & 0o077
    return folder if ours else None


def _address(path: Path) -> Path | None:
    """Return where the writer of a case listens."""
    folder = _folder()
    name = hashlib.blake2b(os.fsencode(path), digest_size=12).hexdigest()
    return folder / f"{name}.sock" if folder else None


def _pack(value: object) -> object:
    return {"t": value.isoformat()} if isinstance(value, datetime) else value


def _unpack(value: object) -> object:
    return datetime.fromisoformat(value["t"]) if isinstance(value, dict) else value


def _receive(sock: socket.socket, count: int) -> bytes:
    """Read exactly that many bytes."""
    chunks = []
    while count:
        chunk = sock.recv(min(count, 1 << 20))
        if not chunk:
            raise ConnectionError("the case's writer closed the connection")
        chunks.append(chunk)
        count -= len(chunk)
    return b"".join(chunks)


def _answer(con: duckdb.DuckDBPyConnection, request: bytes) -> bytes:
    """Run one request and return an Arrow IPC stream; raise QueryError where it is refused."""
    import duckdb

    try:
        asked = json.loads(request)
        sql = str(asked["sql"])
        params = {str(name): _unpack(value) for name, value in asked["params"].items()}
        statements = con.extract_statements(sql)
    except (ValueError, KeyError, TypeError, AttributeError, duckdb.Error) as error:
        raise QueryError(f"the request is not understood: {str(error).splitlines()[0]}") from None
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise QueryError("only a single SELECT is answered while a writer holds the case")
    timer = threading.Timer(MAX_SECONDS, con.interrupt)
    timer.start()
    try:
        con.execute("BEGIN TRANSACTION READ ONLY")
        return _stream(con.sql(sql, params=params or None).to_arrow_reader(100_000))
    except duckdb.Error as error:
        raise QueryError(str(error).splitlines()[0]) from None
    finally:
        timer.cancel()


def _stream(batches: pa.RecordBatchReader) -> bytes:
    """Write batches as an Arrow IPC stream, refusing more than MAX_ROWS."""
    sink = pa.BufferOutputStream()
    rows = 0
    with pa.ipc.new_stream(sink, batches.schema) as writer:
        for batch in batches:
            rows += batch.num_rows
            if rows > MAX_ROWS:
                raise QueryError(f"the answer has more than {MAX_ROWS:,} rows; ask for less")
            writer.write_batch(batch)
    return sink.getvalue().to_pybytes()


def _done(orders: Orders | None, request: bytes) -> bytes:
    """Have the writer do what a request orders; QueryError where it takes no orders or refuses this one."""
    if orders is None:
        raise QueryError("another darkwake is writing to the case; wait until it ends")
    try:
        return json.dumps(orders(json.loads(request)["order"])).encode()
    except ValueError as error:
        raise QueryError(str(error)) from None


class _Request(socketserver.BaseRequestHandler):
    """One client: requests until it hangs up."""

    server: _Server
    request: socket.socket

    def handle(self) -> None:
        """Answer requests one after the other."""
        with self.server.visited(self.request):
            while True:
                try:
                    (size,) = struct.unpack("!I", _receive(self.request, 4))
                    if size > MAX_REQUEST_BYTES:
                        return
                    body = _receive(self.request, size)
                except (ConnectionError, OSError):
                    return
                try:
                    if body.startswith(_ORDER):
                        status, payload = b"A", _done(self.server.orders, body)
                    else:
                        with self.server.cursor(self.request) as con:
                            status, payload = b"A", _answer(con, body)
                except QueryError as error:
                    status, payload = b"E", str(error).encode()
                with contextlib.suppress(OSError):
                    self.request.sendall(status + struct.pack("!Q", len(payload)) + payload)


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: str, con: duckdb.DuckDBPyConnection) -> None:
        super().__init__(address, _Request)
        self._con = con
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._under_way: dict[socket.socket, duckdb.DuckDBPyConnection | None] = {}
        self.orders: Orders | None = None

    def serve(self) -> None:
        """Answer until it is stopped: at once, where `serve_forever` looks ten times a second whether it is."""
        while True:
            try:
                request, address = self.get_request()
            except OSError:
                if self._stopping.wait(_PAUSE_S):
                    return
            else:
                self.process_request(request, address)

    def stop(self) -> None:
        """Wake whoever serves, to end, and cut off what is under way: a thread left in a query ends a process badly."""
        import duckdb

        self._stopping.set()
        self.socket.shutdown(socket.SHUT_RDWR)
        end = time.monotonic() + _CUT_OFF_S
        while time.monotonic() < end:
            with self._lock:
                if not self._under_way:
                    break
                for request, con in self._under_way.items():
                    with contextlib.suppress(OSError):
                        request.shutdown(socket.SHUT_RDWR)
                    if con is not None:
                        with contextlib.suppress(duckdb.Error):
                            con.interrupt()
            time.sleep(0.02)
        with contextlib.suppress(duckdb.Error):
            self._con.close()

    @contextlib.contextmanager
    def visited(self, request: socket.socket) -> Iterator[None]:
        """Know of a client for the block."""
        with self._lock:
            self._under_way[request] = None
        try:
            yield
        finally:
            with self._lock:
                del self._under_way[request]

    @contextlib.contextmanager
    def cursor(self, request: socket.socket) -> Iterator[duckdb.DuckDBPyConnection]:
        """Yield a connection of a client's own to the same case; QueryError where the writer is leaving."""
        import duckdb

        with self._lock:
            if self._stopping.is_set():
                raise QueryError("the case's writer is leaving; try again")
            try:
                con = self._under_way[request] = self._con.cursor()
            except duckdb.Error as error:
                raise QueryError(str(error).splitlines()[0]) from None
        try:
            yield con
        finally:
            with self._lock:
                self._under_way[request] = None
                con.close()


class QueryServer:
    """The writer's listening side."""

    def __init__(self, server: _Server, address: Path) -> None:
        self._server = server
        self._address = address
        self._thread = threading.Thread(target=server.serve, daemon=True, name="darkwake-readers")

    @classmethod
    def start(cls, path: Path, con: duckdb.DuckDBPyConnection) -> Self | None:
        """Listen for readers of a case that this process holds; None where no private folder can be had."""
        address = _address(path)
        if address is None:
            return None
        # Whoever holds the file's lock owns its address: what lies there is a dead writer's.
        with contextlib.suppress(OSError):
            address.unlink(missing_ok=True)
        try:
            server = _Server(str(address), con.cursor())
        except OSError:
            return None
        address.chmod(0o600)
        started = cls(server, address)
        started._thread.start()
        return started

    def take_orders(self, orders: Orders) -> None:
        """Have orders done: what does them is called in a thread of the request's own, and raises ValueError."""
        self._server.orders = orders

    def stop(self) -> None:
        """Stop listening; requests under way are cut off."""
        self._server.stop()
        self._thread.join(timeout=2)
        self._server.server_close()
        self._address.unlink(missing_ok=True)


class Remote:
    """A reader's side of the connection to the writer."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    @classmethod
    def connect(cls, path: Path) -> Self | None:
        """Connect to the writer of a case; None where none answers."""
        address = _address(path)
        if address is None:
            return None
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.settimeout(MAX_SECONDS + 10)
            sock.connect(str(address))
        except OSError:
            sock.close()
            return None
        return cls(sock)

    def query(self, sql: str, params: dict[str, object], *, many: bool) -> pa.Table:
        """Ask the writer to run one SELECT."""
        answer = self._ask(json.dumps({"sql": sql, "params": {k: _pack(v) for k, v in params.items()}}).encode())
        return pa.ipc.open_stream(answer).read_all()

    def order(self, order: Mapping[str, Any]) -> Any:
        """Have the writer do something; returns what it says of it.

        Raises:
            QueryError: It takes no orders, or refuses this one.
        """
        return json.loads(self._ask(_ORDER + json.dumps(order).encode() + b"}"))

    def _ask(self, body: bytes) -> bytes:
        try:
            self._sock.sendall(struct.pack("!I", len(body)) + body)
            status = _receive(self._sock, 1)
            (size,) = struct.unpack("!Q", _receive(self._sock, 8))
            payload = _receive(self._sock, size)
        except OSError as error:
            raise QueryError(f"the case's writer went away while answering ({error}); try again") from None
        if status == b"E":
            raise QueryError(payload.decode())
        return payload

    def close(self) -> None:
        """Hang up."""
        self._sock.close()


def writer_answers(path: Path) -> bool:
    """Say whether a darkwake writer of this case answers."""
    remote = Remote.connect(path)
    if remote is None:
        return False
    remote.close()
    return True
