"""Settings from Python: read in layers, changed, and what is wrong in them."""

import pytest

import multiosupdate as mos


def given(root, path, text):
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def test_a_value_comes_with_its_origin_and_its_number(workshop):
    given(workshop.root, "etc/multios/network.yml", "network:\n  timeout: 5m\n")
    with mos.Engine(workshop.root) as engine, engine.settings() as settings:
        timeout = settings["network.timeout"]
        assert (timeout.value, timeout.number, timeout.layer) == ("5m", 300, mos.Layer.SYSTEM)
        assert (timeout.file, timeout.line) == ("etc/multios/network.yml", 2)
        assert settings["network.proxy_url"].number is None
        assert settings.files == ["etc/multios/network.yml"]
        assert settings.environment == "production"
        assert "network.timeout" in {setting.path for setting in settings}
        with pytest.raises(mos.Error):
            settings["network.nothing"]


def test_layers_lie_over_each_other(workshop):
    given(workshop.root, "etc/multios/environments/staging.yml", "network:\n  retry_count: 8\n")
    with mos.Engine(workshop.root) as engine:
        assert engine.settings(environment="staging")["network.retry_count"].number == 8
        over = engine.settings(environment="staging", command_line={"network.retry_count": 9})
        assert over["network.retry_count"].layer == mos.Layer.COMMAND_LINE


def test_a_change_holds_and_a_wrong_one_changes_nothing(workshop):
    with mos.Engine(workshop.root) as engine:
        written = engine.change_settings({"network.retry_count": 5, "update_system.debug": True,
                                          "alerting.channels.email.recipients": ["a@x.org", "b@x.org"]})
        assert written == ["etc/multios/alerting.yml", "etc/multios/network.yml", "etc/multios/update-system.yml"]
        settings = engine.settings()
        assert settings["alerting.channels.email.recipients"].value == "[a@x.org, b@x.org]"
        with pytest.raises(mos.Error):
            engine.change_settings({"network.retry_count": "many"})
        assert engine.settings()["network.retry_count"].number == 5


def test_users_have_files_of_their_own(workshop):
    with mos.Engine(workshop.root) as engine:
        engine.change_settings({"user_preferences.notification_level": "low"}, whose=mos.SettingsOf.USER, name="john")
        assert engine.settings_names(mos.SettingsOf.USER) == ["john"]
        assert len(engine.settings_of(mos.SettingsOf.USER, "john")) == 1
        engine.remove_settings(mos.SettingsOf.USER, "john")
        with pytest.raises(mos.NotFoundError):
            engine.settings_of(mos.SettingsOf.USER, "john")


def test_what_is_wrong_in_a_file_is_told(workshop, tmp_path):
    given(tmp_path, "some.yml", "network:\n  retry_cuont: 5\n")
    with mos.Settings.read(tmp_path / "some.yml") as settings:
        problem, = settings.problems
        assert (problem.path, problem.line, problem.column) == ("network.retry_cuont", 2, 3)
        assert "retry_count" in problem.sentence


def test_every_setting_is_declared():
    assert len(mos.declared_settings()) > 250
