"""The case file: made, moved forward, refused, held by one writer, read by others meanwhile."""

import os
import socket
import stat
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import duckdb
import pytest

from ais import reader, serve, store
from ais.reader import QueryError, Reader, arrow
from ais.schema import SCHEMA_VERSION, TABLES
from ais.store import CaseError, Store


def elsewhere(code: str, *args: object) -> str:
    """Run code in another process and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, args)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=Path(store.__file__).parent.parent,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_new_case_has_the_declared_tables(tmp_path):
    with Store.open(tmp_path / "a.duckdb") as case:
        reader = case.reader()
        for name, table in TABLES.items():
            assert reader.query(f"SELECT * FROM {name}").schema.names == list(table.names)
            # ddl, Arrow schema and table agree on the type of each column
            assert reader.query(f"SELECT * FROM {name}").schema.types == table.arrow_schema().types


def test_a_transaction_is_all_or_nothing(tmp_path):
    def stopped(case):
        with case.transaction() as con:
            con.execute("INSERT INTO meta VALUES ('a', 'b')")
            raise RuntimeError("stop")

    with Store.open(tmp_path / "a.duckdb") as case:
        with pytest.raises(RuntimeError, match="stop"):
            stopped(case)
        with case.transaction() as con:
            con.execute("INSERT INTO meta VALUES ('c', 'd')")
    with Reader.open(tmp_path / "a.duckdb") as reader:
        assert reader.query("SELECT name FROM meta ORDER BY name")["name"].to_pylist() == ["c", "schema_version"]


def test_an_older_case_moves_forward(tmp_path, monkeypatch):
    path = tmp_path / "a.duckdb"
    Store.open(path).close()
    monkeypatch.setattr(store, "SCHEMA_VERSION", SCHEMA_VERSION + 1)
    monkeypatch.setitem(store.MIGRATIONS, SCHEMA_VERSION + 1, ("ALTER TABLE heard ADD COLUMN extra INTEGER",))
    with pytest.raises(CaseError, match="older schema"):
        Reader.open(path)
    with Store.open(path) as case:
        assert "extra" in case.reader().query("SELECT * FROM heard").schema.names
    monkeypatch.undo()
    with pytest.raises(CaseError, match="newer darkwake"):
        Store.open(path)


@pytest.mark.parametrize("size", [0, 4096, 10_000])
def test_a_case_whose_making_was_cut_off_is_made_anew(tmp_path, size):
    path, whole = tmp_path / "a.duckdb", tmp_path / "whole.duckdb"
    Store.open(whole).close()
    path.write_bytes(whole.read_bytes()[:size])
    with Store.open(path) as case:
        assert case.reader().query("SELECT count(*) AS n FROM inputs")["n"].to_pylist() == [0]
    text = tmp_path / "a.txt"
    text.write_text("short")
    with pytest.raises(CaseError, match="no DuckDB file"):
        Store.open(text)
    assert text.read_text() == "short"


@pytest.mark.parametrize("opened", [Store.open, Reader.open])
def test_a_log_older_than_the_file_is_put_aside(tmp_path, opened):
    path, log = tmp_path / "a.duckdb", tmp_path / "a.duckdb.wal"
    case = Store.open(path)
    with case.transaction() as con:
        con.execute("INSERT INTO touched VALUES (1)")
    older = log.read_bytes()
    case.con.execute("CHECKPOINT")
    with case.transaction() as con:
        con.execute("INSERT INTO touched VALUES (2)")
    case.close()
    log.write_bytes(older)
    with opened(path) as again:
        reader = again if isinstance(again, Reader) else again.reader()
        assert reader.query("SELECT mmsi FROM touched ORDER BY mmsi")["mmsi"].to_pylist() == [1, 2]
    assert (tmp_path / "a.duckdb.wal.old").read_bytes() == older
    with Store.open(path) as case, case.transaction() as con:
        con.execute("INSERT INTO touched VALUES (3)")


def test_many_commits_are_moved_into_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "CHECKPOINT_BYTES", 20_000)
    with Store.open(tmp_path / "a.duckdb") as case:
        for _ in range(5):
            with case.transaction() as con:
                con.execute("INSERT INTO touched SELECT (random() * 4e9)::UINTEGER FROM range(9000)")
            log = tmp_path / "a.duckdb.wal"
            assert not log.exists() or log.stat().st_size < 20_000


def test_files_that_are_no_case_are_refused(tmp_path):
    text, foreign = tmp_path / "a.txt", tmp_path / "b.duckdb"
    text.write_text("not a database at all")
    with duckdb.connect(str(foreign)) as con:
        con.execute("CREATE TABLE t (i INTEGER)")
    for path, why in ((text, "no DuckDB file"), (foreign, "no darkwake case"), (tmp_path, "folder")):
        for opened in (Store.open, Reader.open):
            with pytest.raises(CaseError, match=why):
                opened(path)
    with pytest.raises(CaseError, match="there is no case file"):
        Reader.open(tmp_path / "none.duckdb")
    with duckdb.connect(str(foreign), read_only=True) as con:
        assert con.execute("SELECT table_name FROM duckdb_tables()").fetchall() == [("t",)]


def test_one_writer(tmp_path):
    path = tmp_path / "a.duckdb"
    with Store.open(path):
        with pytest.raises(CaseError, match="already open"):
            Store.open(path)
        said = elsewhere(
            """
            import sys
            from ais.store import Store, CaseError
            try:
                Store.open(sys.argv[1])
            except CaseError as error:
                print(error)
            """,
            path,
        )
        assert "another darkwake" in said
        assert str(os.getpid()) in said


READ = """
import sys
from datetime import datetime
from ais.reader import Reader, QueryError
with Reader.open(sys.argv[1]) as reader:
    for sql in sys.argv[2:]:
        try:
            print(reader.query(sql).to_pylist())
        except QueryError as error:
            print("refused:", error)
"""


def test_others_read_while_the_writer_writes(tmp_path):
    path = tmp_path / "a.duckdb"
    with Store.open(path) as case, case.transaction() as con:
        con.execute("INSERT INTO meta VALUES ('a', 'b')")
        assert elsewhere(READ, path, "SELECT count(*) AS n FROM meta") == "[{'n': 1}]"  # not committed yet
    with Store.open(path):
        assert elsewhere(READ, path, "SELECT count(*) AS n FROM meta") == "[{'n': 2}]"


@pytest.mark.parametrize(
    "sql",
    ["DELETE FROM meta", "SELECT 1; SELECT 2", "SELEC", "COPY meta TO '/tmp/x'", "ATTACH 'x'", "SET threads = 1", ""],
)
def test_the_writer_answers_one_select_only(tmp_path, sql):
    path = tmp_path / "a.duckdb"
    with Store.open(path) as case:
        assert elsewhere(READ, path, sql).startswith("refused:")
        assert case.reader().query("SELECT count(*) AS n FROM meta")["n"].to_pylist() == [1]


def test_answers_are_bounded_in_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(serve, "MAX_ROWS", 1000)
    path = tmp_path / "a.duckdb"
    with Store.open(path):
        assert "more than 1,000 rows" in elsewhere(READ, path, "SELECT * FROM range(5000)")


def test_answers_are_bounded_in_time(tmp_path, monkeypatch):
    monkeypatch.setattr(serve, "MAX_SECONDS", 0.2)
    path = tmp_path / "a.duckdb"
    with Store.open(path) as case:
        slow = "SELECT count(*) FROM range(100000000) a, range(100000) b"
        assert elsewhere(READ, path, slow).startswith("refused:")
        assert case.reader().query("SELECT 1 AS n")["n"].to_pylist() == [1]


def test_the_socket_is_private_and_nonsense_ends_the_call(tmp_path):
    path = (tmp_path / "a.duckdb").resolve()
    with Store.open(path) as case:
        address = serve._address(path)
        assert address is not None
        assert stat.S_IMODE(address.parent.stat().st_mode) == 0o700
        assert stat.S_IMODE(address.stat().st_mode) == 0o600
        for nonsense in (b"", b"\xff\xff\xff\xff", b"\x00\x00\x00\x02{}", b"\x00\x00\x00\x05\xff\xff\xff\xff\xff"):
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
                sock.settimeout(5)
                sock.connect(str(address))
                sock.sendall(nonsense)
                sock.shutdown(socket.SHUT_WR)
                answer = sock.recv(100)
                assert answer[:1] in (b"", b"E")
        assert case.reader().query("SELECT 1 AS n")["n"].to_pylist() == [1]
    assert not address.exists()


def test_a_dead_writers_socket_is_taken_over(tmp_path):
    path = (tmp_path / "a.duckdb").resolve()
    Store.open(path).close()
    address = serve._address(path)
    assert address is not None
    dead = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    dead.bind(str(address))
    dead.close()
    with Reader.open(path) as reader:
        assert reader.query("SELECT 1 AS n")["n"].to_pylist() == [1]
    with Store.open(path):
        assert elsewhere(READ, path, "SELECT 1 AS n") == "[{'n': 1}]"


def test_a_wrong_query_is_one_sentence(tmp_path):
    with Store.open(tmp_path / "a.duckdb") as case, pytest.raises(QueryError) as caught:
        case.reader().query("SELECT nothing FROM nowhere")
    assert "\n" not in str(caught.value)


def test_a_case_survives_its_writer_being_killed(tmp_path):
    path = tmp_path / "a.duckdb"
    code = """
    import os, sys
    from ais.store import Store
    case = Store.open(sys.argv[1])
    with case.transaction() as con:
        con.execute("INSERT INTO meta VALUES ('kept', 'x')")
    case.con.execute("BEGIN")
    case.con.execute("INSERT INTO meta VALUES ('lost', 'x')")
    os.kill(os.getpid(), 9)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), str(path)], check=False, cwd=Path(store.__file__).parent.parent
    )
    assert done.returncode == -9
    with Store.open(path) as case:
        names = case.reader().query("SELECT name FROM meta")["name"].to_pylist()
    assert "kept" in names
    assert "lost" not in names


ASKING = """
import sys
from ais.reader import Reader, QueryError
with Reader.open(sys.argv[1]) as reader:
    print("open", flush=True)
    try:
        while True:
            reader.query(sys.argv[2])
    except QueryError as error:
        print(error)
"""


def test_a_writer_that_leaves_cuts_off_what_it_answers(tmp_path, capfd):
    """No thread is left in a query when a process ends, and nobody sees a traceback."""
    long = "SELECT count(*) FROM range(100000000) a, range(100000000) b WHERE a.range = b.range * 3"
    before = threading.active_count()
    with Store.open(tmp_path / "a.duckdb") as held:
        words = [sys.executable, "-c", ASKING, str(held.path)]
        asking = [
            subprocess.Popen([*words, sql], stdout=subprocess.PIPE, text=True, cwd=Path(store.__file__).parent.parent)
            for sql in (long, "SELECT 1", "SELECT 2")
        ]
        for one in asking:
            assert one.stdout.readline() == "open\n"
        time.sleep(0.5)
        began = time.monotonic()
    assert time.monotonic() - began < 4
    assert threading.active_count() == before
    for one in asking:
        said, _ = one.communicate(timeout=20)
        assert "went away" in said or "leaving" in said or "INTERRUPT" in said
    assert capfd.readouterr().err == ""


def test_texts_of_queries_are_kept_within_bounds(store: Store) -> None:
    """A watch asks for months: texts that name rows one by one never come again."""
    long = f"SELECT 1 AS n WHERE 1 IN ({', '.join(map(str, range(2_000)))})"
    assert arrow(store.con, long)["n"].to_pylist() == [1]
    for number in range(reader._MOST_STATEMENTS + 20):
        arrow(store.con, f"SELECT {number} AS n")
    assert long not in reader._statements
    assert 0 < len(reader._statements) <= reader._MOST_STATEMENTS
    assert arrow(store.con, "SELECT $n AS n", {"n": 7})["n"].to_pylist() == [7]
    assert arrow(store.con, "SELECT $n AS n", {"n": 8})["n"].to_pylist() == [8]
