"""The case file: the only place that opens DuckDB, for one writer or for reading.

DuckDB locks the file for its one writer and shuts every other process out, so the writer answers their
questions over a Unix socket while it holds the file (see ``ais.serve``).
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import duckdb

from ais.schema import ARTEFACTS, HEARINGS, MARKS, NOTES, SCHEMA_VERSION, SEALED, SENTENCES, TABLES, TOUCHED

if TYPE_CHECKING:
    import pyarrow as pa

    from ais.reader import Reader
    from ais.serve import Orders, QueryServer

MEMORY_LIMIT = "1GB"  # DuckDB's own share; beyond it spills to a folder beside the case
_HEADER_BYTES = 3 * 4096  # of a DuckDB file: a shorter one holds nothing yet
MERGED_BYTES = 200_000_000  # of raw lines, a third of that on disk: the most that a checkpoint may merge
CHECKPOINT_BYTES = 64 << 20  # of the log of commits, before they are moved into the file
LOCK_WAIT_S = 3.0  # a reader holds the file for moments; a writer for long
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    # A commit that also checkpoints can, killed at the wrong moment, leave a log that DuckDB 2.0 refuses to go on from.
    "checkpoint_threshold": "1TB",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
    "default_block_size": "65536",  # of new files: a quarter of the usual wastes less of each column's last block
}
# Binds to what every case has; the second half gives no row.
_SCHEMA = """
SELECT value FROM meta WHERE name = 'schema_version' UNION ALL (SELECT '' FROM inputs, positions LIMIT 0)
"""
_OLDER_LOG = "WAL was created for an older version of this database"
_DISK_FULL = ("No space left", "File too large", "disk quota", "Disk quota", "failed to offload", "max_temp_directory")

_open_here: dict[Path, Store] = {}


class CaseError(ValueError):
    """A case file cannot be used: not ours, held, too new, unwritable, or its disk is full."""


class Interrupted(CaseError):
    """What was done with a case was cut off on demand; nothing of that step was kept."""


def _lock_holder(error: duckdb.Error) -> str | None:
    """Return the process that holds the file's lock as DuckDB names it, or None if the error is another."""
    text = str(error)
    if "Could not set lock" not in text and "Conflicting lock" not in text:
        return None
    found = re.search(r"held in (\S+ )?\(PID (\d+)\)", text)
    return f"process {found.group(2)}" if found else "another process"


def _check_file(path: Path, *, must_exist: bool) -> None:
    """Raise CaseError where the path cannot be a case."""
    if path.is_dir():
        raise CaseError(f"{path} is a folder, not a case file; name a file such as {path / 'case.duckdb'}")
    if not path.exists():
        if must_exist:
            raise CaseError(f"there is no case file {path}; make one with `darkwake ingest INPUT --case {path}`")
        if not path.parent.is_dir():
            raise CaseError(f"the folder {path.parent} for the case file does not exist; create it first")
        return
    try:
        with path.open("rb") as file:
            head = file.read(12)
    except OSError as error:
        raise CaseError(f"the case file {path} cannot be read: {error.strerror}") from None
    if head and head[8:12] != b"DUCK":
        raise CaseError(f"{path} is not a darkwake case: it is no DuckDB file; give another --case")


def _discard_stump(path: Path) -> None:
    """Remove a file that a kill or a full disk cut off while it was being made: without its header it holds nothing."""
    try:
        with path.open("r+b") as file:
            head = file.read(_HEADER_BYTES)
            if len(head) < _HEADER_BYTES and (not head or head[8:12] == b"DUCK"):
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # refused while another process is making it
                path.unlink()
    except OSError:
        return


def _log(path: Path) -> Path:
    """Return where DuckDB keeps the commits that are not in the file yet."""
    return path.with_name(path.name + ".wal")


def _put_log_aside(path: Path) -> None:
    """Rename a log that is older than the file it stands beside: a process was killed once its commits were moved."""
    try:
        with path.open("r+b") as file:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # refused while another process has the case
            _log(path).rename(path.with_name(path.name + ".wal.old"))
    except OSError:
        return


def _connect(path: Path, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    """Open the file, or raise CaseError for damage; a lock stays a duckdb.Error for the caller to judge."""
    try:
        try:
            con = duckdb.connect(str(path), read_only=read_only, config=_CONFIG)
        except duckdb.Error as error:
            if _OLDER_LOG not in str(error):
                raise
            _put_log_aside(path)
            con = duckdb.connect(str(path), read_only=read_only, config=_CONFIG)
    except duckdb.Error as error:
        if _lock_holder(error):
            raise
        if _disk_full(error):
            raise CaseError(_sentence(error, path)) from None
        if not os.access(path if path.exists() else path.parent, os.R_OK if read_only else os.W_OK):
            raise CaseError(f"{path} may not be written by this user; change its rights or copy it") from None
        first = str(error).splitlines()[0]
        raise CaseError(f"{path} cannot be opened as a case ({first}); restore it from a copy") from None
    con.execute(f"SET memory_limit = '{MEMORY_LIMIT}'")
    con.execute("SET enable_progress_bar = false")  # which would be drawn over what a watch says
    return con


def _version(con: duckdb.DuckDBPyConnection, path: Path) -> int | None:
    """Return the case's schema version, None for an empty database; raise CaseError if it is no case."""
    if path.stat().st_size <= _HEADER_BYTES and not _log(path).exists():
        return None  # as tables would tell too, the first look at which takes as long as to make them
    try:
        rows = con.execute(_SCHEMA).fetchall()
    except (duckdb.CatalogException, duckdb.BinderException):
        if not con.execute("FROM duckdb_tables() LIMIT 1").fetchall():
            return None
        rows = []
    if not rows:
        raise CaseError(f"{path} is a DuckDB file but no darkwake case; give another --case")
    version = int(rows[0][0])
    if version > SCHEMA_VERSION:
        raise CaseError(
            f"{path} was made by a newer darkwake (schema {version}, this one knows {SCHEMA_VERSION}); upgrade darkwake"
        )
    return version


def _migrate(con: duckdb.DuckDBPyConnection, version: int | None) -> None:
    """Create the tables of a new case, or bring an older case forward, in one transaction."""
    if version == SCHEMA_VERSION:
        return
    con.execute("BEGIN")
    if version is None:
        for table in TABLES.values():
            con.execute(table.ddl())
        con.execute("INSERT INTO meta VALUES ('schema_version', ?)", [str(SCHEMA_VERSION)])
    else:
        for step in range(version + 1, SCHEMA_VERSION + 1):
            for statement in MIGRATIONS[step]:
                con.execute(statement)
        con.execute("UPDATE meta SET value = ? WHERE name = 'schema_version'", [str(SCHEMA_VERSION)])
    con.execute("COMMIT")


def _set_merging(con: duckdb.DuckDBPyConnection) -> None:
    """Let a checkpoint merge small row groups as long as that is cheap.

    Those of the raw lines would become one of 122,880 blocks, all of it rewritten, and held in memory, by each
    checkpoint that merges: 20 million lines take longer to merge than to read, and in 256 MB it fails.
    """
    kept = con.execute("SELECT coalesce(sum(bytes), 0) FROM sentences").fetchall()[0][0]
    con.execute(f"SET max_vacuum_tasks = {0 if kept > MERGED_BYTES else 100}")


MIGRATIONS: dict[int, tuple[str, ...]] = {
    2: (
        "ALTER TABLE inputs ADD COLUMN plain_sha256 VARCHAR",
        "ALTER TABLE inputs ADD COLUMN clock_offset_s DOUBLE DEFAULT 0",
        "ALTER TABLE inputs ADD COLUMN clocks VARCHAR DEFAULT '{}'",
        "ALTER TABLE inputs ADD COLUMN begun_on TIMESTAMP",
        "ALTER TABLE inputs ADD COLUMN complete BOOLEAN DEFAULT true",
        "ALTER TABLE inputs ADD COLUMN place VARCHAR",
        "ALTER TABLE fixed ADD COLUMN said_t TIMESTAMP",
        "ALTER TABLE fixed_copies ADD COLUMN said_t TIMESTAMP",
        SENTENCES.ddl(),
        HEARINGS.ddl(),
        TOUCHED.ddl(),
        "DROP TABLE marks",
        MARKS.ddl(),
        "INSERT INTO touched SELECT DISTINCT mmsi FROM positions",
    ),
    3: (
        ARTEFACTS.ddl(),
        "ALTER TABLE runs ADD COLUMN artefacts VARCHAR[]",
    ),
    4: (SEALED.ddl(),),
    5: (NOTES.ddl(),),
}
"""For each schema version after the first, the statements that bring the one before it there."""


def open_for_reading(path: Path) -> duckdb.DuckDBPyConnection:
    """Open a case read-only.

    Raises:
        CaseError: It is missing or not a case of ours.
        duckdb.Error: A writer holds the file's lock.
    """
    _check_file(path, must_exist=True)
    con = _connect(path, read_only=True)
    try:
        version = _version(con, path)
        if version is None:
            raise CaseError(f"{path} is empty: no input was ever taken in; run `darkwake ingest` on it")
        if version < SCHEMA_VERSION:
            raise CaseError(f"{path} has an older schema ({version}); run `darkwake detect --case {path}` to renew it")
    except CaseError:
        con.close()
        raise
    return con


def _open_for_writing(path: Path) -> duckdb.DuckDBPyConnection:
    """Open a case as its one writer, waiting a moment for readers to leave."""
    from ais.serve import writer_answers

    deadline = time.monotonic() + LOCK_WAIT_S
    while True:
        try:
            return _connect(path, read_only=False)
        except duckdb.Error as error:
            holder = _lock_holder(error) or "another process"
            if writer_answers(path):
                raise CaseError(
                    f"another darkwake ({holder}) is writing to {path}; wait until it ends or give another --case"
                ) from None
            if time.monotonic() > deadline:
                raise CaseError(f"{path} is held by another program ({holder}); close it there and try again") from None
            time.sleep(0.05)


class Store:
    """The one writer of a case: holds the file, answers readers of other processes meanwhile.

    Attributes:
        path: The case file's real path.
        con: The writer's DuckDB connection.
    """

    def __init__(self, path: Path, con: duckdb.DuckDBPyConnection, server: QueryServer | None) -> None:
        self.path = path
        self.con = con
        self._server = server
        self._keeping = threading.RLock()  # while what was done is being kept, which is never cut off
        self._may_be_cut_off = False

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Open or create a case for writing.

        Raises:
            CaseError: It is not ours, held by another writer or program, made by a newer version, or unwritable.
        """
        from ais.serve import QueryServer

        real = Path(path).expanduser().resolve()
        if real in _open_here:
            raise CaseError(f"{path} is already open for writing in this process; close that one first")
        _discard_stump(real)
        _check_file(real, must_exist=False)
        try:
            con = _open_for_writing(real)
        except duckdb.Error as error:
            raise CaseError(_sentence(error, real)) from None
        try:
            _migrate(con, _version(con, real))
            _set_merging(con)
        except duckdb.Error as error:
            con.close()
            raise CaseError(_sentence(error, real)) from None
        except CaseError:
            con.close()
            raise
        store = cls(real, con, QueryServer.start(real, con))
        _open_here[real] = store
        return store

    @contextlib.contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Yield the connection inside one transaction: all of it is kept, or nothing.

        Raises:
            CaseError: The disk is full or the file failed; nothing of the transaction was kept.
        """
        try:
            self.con.execute("BEGIN")
            yield self.con
            with self._keeping:
                self.con.execute("COMMIT")
        except BaseException as error:
            with contextlib.suppress(duckdb.Error):
                self.con.execute("ROLLBACK")
            if isinstance(error, duckdb.InterruptException):
                raise _cut_off(self.path) from error
            if isinstance(error, duckdb.Error):
                raise CaseError(_sentence(error, self.path)) from error
            raise
        self._move_commits()

    @contextlib.contextmanager
    def interruptible(self) -> Iterator[None]:
        """Let another thread cut off what the block does with `interrupt`.

        Raises:
            Interrupted: It did.
        """
        self._may_be_cut_off = True
        try:
            yield
        except duckdb.InterruptException as error:
            raise _cut_off(self.path) from error
        finally:
            with self._keeping:
                self._may_be_cut_off = False

    def interrupt(self) -> None:
        """Cut off the query under way, where one may be; called from another thread."""
        if self._keeping.acquire(blocking=False):
            try:
                if self._may_be_cut_off:
                    self.con.interrupt()
            finally:
                self._keeping.release()

    def _move_commits(self) -> None:
        """Move commits into the file once there are many; while readers are in the way, a later time will do."""
        if self.log_bytes > CHECKPOINT_BYTES:
            self.checkpoint()

    @property
    def log_bytes(self) -> int:
        """Bytes of commits that are not in the file yet."""
        try:
            return _log(self.path).stat().st_size
        except FileNotFoundError:
            return 0

    def checkpoint(self) -> None:
        """Move commits into the file, which gives the room of deleted rows back; not while readers are in the way.

        Raises:
            CaseError: The disk is full or the file failed.
        """
        try:
            with self._keeping:
                self.con.execute("CHECKPOINT")
        except duckdb.TransactionException:
            return
        except duckdb.Error as error:
            raise CaseError(_sentence(error, self.path)) from error

    def attach(self, path: str | Path, name: str) -> None:
        """Lay another case beside this one, to be read as ``name.table``.

        Raises:
            CaseError: It is missing, no case of this schema, or being written to.
        """
        real = Path(path).expanduser().resolve()
        if real in _open_here:
            raise CaseError(f"{path} is open for writing in this process; close that first")
        try:
            open_for_reading(real).close()
            quoted = str(real).replace("'", "''")
            self.con.execute(f"ATTACH '{quoted}' AS {name} (READ_ONLY)")
        except duckdb.Error as error:
            holder = _lock_holder(error)
            said = f"{path} is being written to by {holder}; wait until that ends"
            raise CaseError(said if holder else _sentence(error, real)) from None

    @contextlib.contextmanager
    def filling(self, memory: str) -> Iterator[None]:
        """Take rows in while the block runs: with so much memory, what needs more spills to disk; nothing is merged.

        Threads of ours decode and sort meanwhile: DuckDB leaves them a core, which on two is a sixth faster.
        """
        ((threads,),) = self.con.execute("SELECT current_setting('threads')").fetchall()
        self.con.execute(f"SET memory_limit = '{memory}'")
        self.con.execute("SET max_vacuum_tasks = 0")
        self.con.execute(f"SET threads = {max(threads - 1, 1)}")
        try:
            yield
        finally:
            with contextlib.suppress(duckdb.Error):
                self.con.execute(f"SET threads = {threads}")
                self.con.execute(f"SET memory_limit = '{MEMORY_LIMIT}'")
                _set_merging(self.con)

    def reader(self) -> Reader:
        """Return a Reader on a cursor of this writer's own connection: it sees what is committed."""
        from ais.reader import Reader

        return Reader.on(self.con.cursor())

    def take_orders(self, orders: Orders) -> None:
        """Have orders of other processes done, which come as JSON and are answered in JSON."""
        if self._server is not None:
            self._server.take_orders(orders)

    def close(self) -> None:
        """Stop answering readers and release the file."""
        _open_here.pop(self.path, None)
        if self._server is not None:
            self._server.stop()
            self._server = None
        with contextlib.suppress(duckdb.Error):
            self.con.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def insert(con: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> None:
    """Append rows, in a table's columns, to it in their order.

    A transaction keeps what it registered by name in memory until it ends; this it does not.
    """
    con.from_arrow(rows).insert_into(name)


def open_here(path: Path) -> Store | None:
    """Return the writer that this process itself has open on a case, if any."""
    return _open_here.get(path)


def _cut_off(path: Path) -> Interrupted:
    return Interrupted(f"what was done with {path} was cut off; nothing of this step was kept")


def _disk_full(error: duckdb.Error) -> bool:
    return any(sign in str(error) for sign in _DISK_FULL)


def _sentence(error: duckdb.Error, path: Path) -> str:
    """Say in one sentence what went wrong with the file."""
    text = str(error)
    if _disk_full(error):
        return f"the disk of {path} is full; nothing of this step was kept: free some space and run it again"
    return f"the case {path} failed ({text.splitlines()[0]}); nothing of this step was kept"
