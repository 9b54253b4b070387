"""Published data sets: fetched whole or not at all, checked, and never without a licence."""

import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from attrs import evolve

from experiments.cli import main
from experiments.datasets import public, public_sets
from experiments.datasets.public import PUBLIC_FOLDER, fetch, public_table
from experiments.datasets.public_sets import FDT, MAPPINGS, PUBLIC_SETS, UNLICENSED, PublicFile
from experiments.datasets.public_tables import cells_of, join_liposomes
from formulation.errors import DataError, InputError, UnknownNameError
from models.data.lab_tables import read_lab_table

DATA = Path(__file__).parents[2].parent / "shared" / "data"
SMALL = b"drug,dose,seconds\nA,1.50,20\nB,2,30.0\n"
SIZES = {
    ("lai", "few"): (3783, 34, 181, 16),
    ("lai", "zero"): (3783, 34, 181, 13),
    ("liposome_ivr", "formulation"): (3307, 123, 208, 18),
    ("liposome_ivr", "drug"): (3307, 22, 208, 17),
    ("fdt", "all"): (1963, 126, 1963, 78),
    ("fdt", "recipe"): (1963, 126, 1963, 67),
}


def table_of(content):
    return cells_of(read_lab_table(content, file="x.csv"))


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """Return a workspace with every set, out of the folder beside the project."""
    if not DATA.is_dir():
        pytest.skip("no published data beside the project")
    home = tmp_path_factory.mktemp("home")
    for known in PUBLIC_SETS:
        fetch(known.name, home, DATA)
    return home


@pytest.fixture
def served(monkeypatch):
    """Return a function that serves bytes under the address of a small known set."""
    servers = []

    def serve(body, *, promised=None, status=200):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(status)
                self.send_header("Content-Length", str(promised or len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *words):
                pass

        server = HTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        know(f"http://127.0.0.1:{server.server_port}/small.csv")

    def know(url):
        table = evolve(
            FDT.tables["tablets"],
            sha256=table_of(SMALL).sha256,
            files=(PublicFile(name="small.csv", url=url),),
        )
        known = evolve(FDT, tables={"tablets": table})
        monkeypatch.setattr(public_sets, "PUBLIC_SETS", (known,))

    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    serve.know = know
    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def kept(home):
    folder = home / PUBLIC_FOLDER
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


@pytest.mark.parametrize(("name", "variant"), SIZES)
def test_a_set_has_the_rows_groups_curves_and_features_that_are_published(name, variant, workspace):
    """Each variant by the mapping that ships with it."""
    table = public_table(name, variant, workspace)
    sizes = (len(table), table.n_groups, table.n_curves, len(table.features.columns))
    assert sizes == SIZES[name, variant]


def test_only_one_variant_knows_early_values(workspace):
    """The other has nothing of the profile that is predicted."""
    assert public_table("lai", "few", workspace).early == {"T=0.25": 0.25, "T=0.5": 0.5, "T=1.0": 1}
    assert public_table("lai", "zero", workspace).early == {}


def test_the_usual_variant_needs_no_name_and_another_must_be_known(workspace):
    """The first of the set."""
    assert "early values" in public_table("lai", "", workspace).source
    with pytest.raises(UnknownNameError, match="Variant of lai 'fex' is not known"):
        public_table("lai", "fex", workspace)


def test_the_recipe_of_the_liposomes_makes_the_known_table_from_its_parts(workspace):
    """Curves, tests and lipids, taken apart and joined again."""
    whole = table_of((DATA / "nanomed_ivr_liposome" / "ivr_long.csv").read_bytes())
    at = {name: i for i, name in enumerate(whole.header)}
    tests = {row[at["IVR_ID"]]: row for row in reversed(whole.rows)}

    def part(names, rows):
        columns = [at[name] for name in names]
        lines = [names, *([row[i] for i in columns] for row in rows)]
        text = "\n".join(",".join(line) for line in lines)
        return read_lab_table(text.encode(), file="part.csv")

    curves = part(whole.header[:3], whole.rows)
    about = part(whole.header[3:-2], tests.values())
    lipids = part(["IVR_ID", "weighted_Mw", "weighted_Tm"], tests.values())
    assert join_liposomes([curves, about, lipids]).sha256 == whole.sha256


def test_a_curve_without_its_test_is_refused():
    """Rather than left out."""
    parts = [
        b"time,release,file_name\n1,2,data/3..csv\n",
        b",IVR_ID,pH\n0,4,7\n",
        b"IVR_ID,weighted_Mw,weighted_Tm\n3,700,40\n",
    ]
    with pytest.raises(DataError, match=r"'data/3\.\.csv' has no test"):
        join_liposomes([read_lab_table(part, file="x.csv") for part in parts])


def test_a_table_is_known_by_what_it_says():
    """Not by line ends or spelling of numbers; any other digit, text, order or name is another."""
    same = b"drug,dose,seconds\r\nA,1.5,2e1\r\nB,2.0,30\r\n"
    others = [
        SMALL.replace(b"1.50", b"1.51"),
        SMALL.replace(b"A", b"a"),
        SMALL.replace(b"dose", b"Dose"),
        b"drug,dose,seconds\nB,2,30.0\nA,1.50,20\n",
    ]
    assert table_of(same).sha256 == table_of(SMALL).sha256
    assert table_of(SMALL).sha256 not in {table_of(other).sha256 for other in others}


@pytest.mark.parametrize("name", ["fdt.csv", "small.csv", "deeper/of another name.csv"])
def test_a_folder_stands_in_for_the_address(name, served, tmp_path):
    """Finished, as published, or under any name with the right content."""
    served.know("http://127.0.0.1:9/small.csv")
    path = tmp_path / "folder" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(SMALL)
    (tmp_path / "folder" / "a picture.csv").write_bytes(b"\x89PNG\0")
    (table,) = fetch("fdt", tmp_path, tmp_path / "folder")
    assert (table.n_rows, table.origin) == (2, str(path))
    assert kept(tmp_path) == [table.path.name]


def test_a_file_of_another_content_is_refused_with_both_checksums(served, tmp_path, capsys):
    """Exit code 3, and nothing is kept."""
    served.know("http://127.0.0.1:9/small.csv")
    other = SMALL.replace(b"30", b"31")
    (tmp_path / "fdt.csv").write_bytes(other)
    words = ["data", "fetch", "fdt", "--from", str(tmp_path), "--home", str(tmp_path / "home")]
    assert main([*words, "--json"]) == 3
    (error,) = json.loads(capsys.readouterr().out)["errors"]
    assert f"has the checksum {table_of(other).sha256}" in error["message"]
    assert f"{table_of(SMALL).sha256} was expected" in error["message"]
    assert kept(tmp_path / "home") == []


def test_a_folder_without_the_files_names_them(served, tmp_path):
    """And so does what is no folder."""
    served.know("http://127.0.0.1:9/small.csv")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"holds neither fdt\.csv nor small\.csv"):
        fetch("fdt", tmp_path, tmp_path / "empty")
    with pytest.raises(InputError, match="is no folder"):
        fetch("fdt", tmp_path, tmp_path / "none")


def test_a_folder_of_very_many_tables_is_refused(served, tmp_path, monkeypatch):
    """Nobody meant a home folder."""
    served.know("http://127.0.0.1:9/small.csv")
    for name in ("a.csv", "b.csv", "z.csv"):
        (tmp_path / name).write_bytes(SMALL)
    monkeypatch.setattr(public, "MAX_LOOKED_AT", 2)
    with pytest.raises(InputError, match="more than 2 tables"):
        fetch("fdt", tmp_path / "home", tmp_path)


def test_what_a_server_gives_is_kept_once_checked(served, tmp_path):
    """The second time nothing is asked for."""
    served(SMALL)
    (table,) = fetch("fdt", tmp_path)
    assert table.n_rows == 2
    assert kept(tmp_path) == [table.path.name]
    served.know("http://127.0.0.1:9/small.csv")
    (again,) = fetch("fdt", tmp_path)
    assert (again.path, again.origin) == (table.path, "the workspace")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"body": SMALL[:20], "promised": len(SMALL)}, "cannot be fetched (ChunkedEncodingError)"),
        ({"body": b"gone", "status": 404}, "cannot be fetched (the server answers 404)"),
        ({"body": b"<html>Sign in</html>"}, "does not hold the known table"),
        ({"body": SMALL.replace(b"30", b"31")}, "was expected"),
    ],
    ids=["half of it", "not found", "another page", "another content"],
)
def test_what_a_server_gives_wrong_leaves_nothing(answer, said, served, tmp_path, capsys):
    """Exit code 3 and one line."""
    served(**answer)
    assert main(["data", "fetch", "fdt", "--home", str(tmp_path)]) == 3
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1
    assert kept(tmp_path) == []


def test_without_a_network_one_line_says_what_to_do(served, tmp_path, capsys):
    """Save the file by other means, under which name, and how it is given."""
    served.know("http://127.0.0.1:9/small.csv")
    assert main(["data", "fetch", "fdt", "--home", str(tmp_path)]) == 3
    told = capsys.readouterr().err
    assert "Save it as small.csv by other means" in told
    assert f"`formulation data fetch --home {tmp_path} fdt --from FOLDER`" in told
    assert told.count("\n") == 1
    assert kept(tmp_path) == []


@pytest.mark.parametrize("content", [SMALL.replace(b"30", b"31"), b""], ids=["changed", "emptied"])
def test_a_table_that_was_changed_in_the_workspace_is_not_read(content, served, tmp_path):
    """Fetched again, it is whole."""
    served(SMALL)
    (table,) = fetch("fdt", tmp_path)
    table.path.write_bytes(content)
    with pytest.raises(DataError, match="brings it anew"):
        public_table("fdt", "", tmp_path)
    fetch("fdt", tmp_path)
    assert table_of(table.path.read_bytes()).sha256 == table.sha256


def test_a_set_that_was_not_fetched_says_how(tmp_path):
    """And makes no workspace."""
    with pytest.raises(DataError, match="`formulation data fetch lai`"):
        public_table("lai", "zero", tmp_path / "home")
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("name", UNLICENSED)
def test_a_set_without_a_licence_is_never_fetched(name, tmp_path, capsys):
    """Known by name, and answered: from one's own file."""
    words = ["data", "fetch", name, "--from", str(DATA), "--home", str(tmp_path)]
    assert main(words) == 3
    told = capsys.readouterr().err
    assert "has no licence to ship or fetch" in told
    assert f"from your own file with `formulation models evaluate --home {tmp_path}`" in told
    assert kept(tmp_path) == []


def test_an_unknown_set_names_the_nearest(tmp_path, capsys):
    """Exit code 2."""
    assert main(["data", "fetch", "lay", "--home", str(tmp_path)]) == 2
    assert "Did you mean 'lai'?" in capsys.readouterr().err


def test_a_workspace_that_cannot_be_written_is_told(served, tmp_path):
    """As what the user gave, not as a fault of ours."""
    served(SMALL)
    (tmp_path / "home").write_text("a file")
    with pytest.raises(InputError, match="cannot be read or written"):
        fetch("fdt", tmp_path / "home")


def test_every_set_states_its_terms_and_every_mapping_is_of_a_set():
    """Licence and citation in each; addresses of one commit."""
    used = [v for known in PUBLIC_SETS for v in known.variants.values()]
    assert sorted(v.mapping_file for v in used) == sorted(p.name for p in MAPPINGS.glob("*.yaml"))
    assert all(v.mapping().licence and v.mapping().citation for v in used)
    assert all("/main/" not in f.url and "/master/" not in f.url for f in files())


def files():
    return [f for known in PUBLIC_SETS for table in known.tables.values() for f in table.files]
