"""The binding covers the whole C API, and its objects have the manners of Python's."""

import pathlib
import re

import pytest

import c_headers
import multiosupdate as mos

SOURCES = pathlib.Path(mos.__file__).parent


def test_every_function_of_the_headers_is_used_by_the_binding():
    used = {name for path in SOURCES.glob("*.py") if path.name != "_declarations.py"
            for name in re.findall(r"\blib\.(mos_\w+)", path.read_text())}
    assert sorted(set(c_headers.functions()) - used) == []


def test_the_version_is_the_project_s():
    project = (c_headers.TOP / "meson.build").read_text()
    assert mos.version() == re.search(r"version: '([^']+)'", project)[1]


def test_an_error_carries_code_object_remedy_and_errno(tmp_path):
    missing = tmp_path / "missing.mos"
    with pytest.raises(mos.NotFoundError) as caught:
        mos.Package(missing)
    error = caught.value
    assert (error.code, error.number, error.name) == ("E011", -11, "NOT_FOUND")
    assert "missing.mos" in error.message and "\n" not in error.message
    assert error.object.endswith("missing.mos")
    assert error.remedy
    assert str(error).endswith("(E011)")


def test_a_path_that_is_no_text_reaches_the_library(tmp_path):
    with pytest.raises(mos.NotFoundError) as caught:
        mos.Package(bytes(tmp_path) + b"/\xff.mos")
    assert caught.value.object.endswith("\udcff.mos")


def test_a_closed_object_is_refused_and_closing_twice_does_nothing(workshop):
    engine = workshop.engine()
    engine.close()
    engine.close()
    with pytest.raises(ValueError, match="Engine is closed"):
        engine.plan()


def test_an_object_lives_as_long_as_what_was_made_of_it(workshop):
    with workshop.engine() as engine:
        plan = engine.plan().install(workshop.package())
    assert plan.run().recovery_point
    assert workshop.content() == "release 1.0\n"


def test_the_engine_keeps_the_services_callback_as_long_as_it_lives(workshop):
    def services(unit, action):
        return 0

    before = len(mos._callbacks._kept)
    engine = workshop.engine(services=services, helper="/usr/libexec/multios-run-script", script_timeout=30)
    assert len(mos._callbacks._kept) == before + 1
    engine.close()
    assert len(mos._callbacks._kept) == before


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # cffi shows what C can't be told
def test_a_service_action_reaches_python_as_such_and_an_exception_is_a_failure():
    asked = []

    def services(unit, action):
        asked.append((unit, action))
        if unit == "broken.service":
            raise RuntimeError("no such unit")
        return action == mos.ServiceAction.QUERY

    user_data = mos._callbacks.keep(lambda unit, action: services(unit, mos.ServiceAction(action)))
    call = mos._callbacks.service
    assert call(user_data, mos._library.ffi.new("char[]", b"web.service"), mos.ServiceAction.QUERY) == 1
    assert call(user_data, mos._library.ffi.new("char[]", b"broken.service"), mos.ServiceAction.STOP) == -1
    mos._callbacks.release(user_data)
    assert asked == [("web.service", mos.ServiceAction.QUERY), ("broken.service", mos.ServiceAction.STOP)]


def test_a_nul_cuts_no_path_and_no_text_short(workshop):
    """C takes what stands before it for all of it."""
    package = workshop.package()
    key = workshop.folder / "key.pem"
    with workshop.engine() as engine:
        for refused in (lambda: mos.Engine(f"{workshop.root}\0/evil"),
                        lambda: engine.plan().install(f"{package}\0evil"),
                        lambda: engine.plan().remove("webserver\0x"),
                        lambda: engine.plan().install(package).run(reason="a\0b"),
                        lambda: engine.plan().rollback_to(name="a\0b"),
                        lambda: engine.change_settings({"network.retry_count": "7\0garbage"}),
                        lambda: engine.change_policy({"key\0": "1"}),
                        lambda: engine.events(types=["job_started\0"]),
                        lambda: engine.capture(tags=["a\0b"]),
                        lambda: engine.schedule(f"{package}\0evil"),
                        lambda: engine.backup("/home\0x"),
                        lambda: mos.delta_information(f"{package}\0"),
                        lambda: mos.Key.generate(mos.KeyType.ED25519).store(f"{key}\0x")):
            with pytest.raises(ValueError, match="null"):
                refused()
        assert engine.installed_version("webserver") is None
    assert not key.exists()


def test_a_rollback_of_everything_is_not_of_one_package(workshop):
    workshop.install(workshop.package())
    with workshop.engine() as engine, pytest.raises(mos.Error) as caught:
        engine.plan().rollback_to(name="webserver")
    assert caught.value.name == "INVALID_ARGUMENT" and "scope" in caught.value.remedy


def test_the_context_logs_to_python(workshop):
    lines = []
    context = mos.Context(log=lambda level, message: lines.append((level, message)))
    with workshop.engine(context=context) as engine:
        engine.plan().install(workshop.package()).run()
    assert all(isinstance(level, mos.LogLevel) and message for level, message in lines)


def test_the_context_s_clock_is_the_time_that_counts(workshop):
    key = mos.Key.generate(mos.KeyType.ECC_P384)
    authority = mos.Certificate.create_ca(key, "Example CA")
    signer_key = mos.Key.generate(mos.KeyType.ECC_P384)
    signer = authority.issue(key, signer_key, "Example Signer", validity_days=30)
    authority.store(workshop.trust / "ca.crt")
    package = workshop.package(sign_key=signer_key, certificate=signer)
    assert mos.Package(package).authenticate(workshop.trust) == ["ca"]  # as the trust store names it

    far_away = mos.Context(clock=lambda: 4_000_000_000)
    with pytest.raises(mos.SignatureError) as caught:
        mos.Package(package, context=far_away).authenticate(workshop.trust)
    assert caught.value.name == "CERTIFICATE_EXPIRED"


def test_a_key_is_stored_for_its_owner_alone_and_read_again(tmp_path):
    key = mos.Key.generate(mos.KeyType.ED25519)
    key.store(tmp_path / "signer.key")
    assert (tmp_path / "signer.key").stat().st_mode & 0o777 == 0o600
    assert mos.Key.load(tmp_path / "signer.key").fingerprint == key.fingerprint
    with pytest.raises(mos.Error) as caught:
        key.store(tmp_path / "signer.key")
    assert caught.value.name == "EXISTS"


def test_a_certificate_is_stored_and_read_again(tmp_path):
    authority = mos.Certificate.create_ca(mos.Key.generate(mos.KeyType.ECC_P384), "Example CA")
    authority.store(tmp_path / "ca.crt")
    again = mos.Certificate.load(tmp_path / "ca.crt")
    assert (again.subject, again.fingerprint) == (authority.subject, authority.fingerprint)
    assert authority.subject == "CN=Example CA"
