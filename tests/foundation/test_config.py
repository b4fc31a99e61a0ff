"""Settings: typed, one clear line per fault, and production refuses what only a demonstration may have."""

import base64

import pytest

from config import DEMONSTRATION_KEY, DEMONSTRATION_SECRET, ROOT, BadSettings, Environment, load_settings

OWN_KEY = base64.urlsafe_b64encode(b"k" * 32).decode()
PRODUCTION = {
    "HUIQI_ENVIRONMENT": "production",
    "SECRET_KEY": "k" * 32,
    "HUIQI_PUBLIC_URL": "https://huiqi.example.cn/",
    "HUIQI_SECOND_FACTOR_KEYS": OWN_KEY,
}


def test_defaults_stand_without_any_environment():
    settings = load_settings({})
    assert settings.environment is Environment.DEVELOPMENT
    assert settings.secret_key == DEMONSTRATION_SECRET
    assert settings.database_url is None
    assert settings.data_folder == ROOT / "var"
    assert settings.files_folder == ROOT / "var" / "files"
    assert settings.upload_limit_bytes == 20_971_520
    assert settings.audit_retention_days is None
    assert not settings.cookie_secure


def test_values_are_typed_and_folders_follow_the_data_folder(tmp_path):
    settings = load_settings({"HUIQI_DATA": str(tmp_path), "HUIQI_SESSION_IDLE_MINUTES": "5", "HUIQI_DEBUG": "true"})
    assert settings.session_idle_minutes == 5
    assert settings.debug is True
    assert settings.search_folder == tmp_path / "search"


def test_an_empty_value_counts_as_absent():
    assert load_settings({"DATABASE_URL": " ", "HUIQI_DATA": ""}).database_url is None


def test_settings_are_frozen():
    with pytest.raises(ValueError, match="frozen"):
        load_settings({}).debug = True


def test_several_keys_are_told_apart():
    settings = load_settings({"HUIQI_SECOND_FACTOR_KEYS": f" {OWN_KEY} , {DEMONSTRATION_KEY}"})
    assert settings.second_factor_keys == (OWN_KEY, DEMONSTRATION_KEY)
    assert OWN_KEY not in repr(settings)


def test_secrets_stay_out_of_repr():
    shown = repr(load_settings({"SECRET_KEY": "hush-hush", "ELASTICSEARCH_URL": "http://elastic:hush-hush@es:9200"}))
    assert "hush-hush" not in shown


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("HUIQI_ENVIRONMENT", "staging", "'development', 'test', 'demonstration' or 'production'"),
        ("DATABASE_URL", "mysql://secret@host/db", "must be a PostgreSQL URL"),
        ("ELASTICSEARCH_URL", "localhost:9200", "must be an address such as https://host:port"),
        ("HUIQI_UPLOAD_LIMIT_BYTES", "20 MiB", "valid integer"),
        ("HUIQI_AUDIT_RETENTION_DAYS", "183", "greater than or equal to 184"),
        ("HUIQI_LANGUAGE", "fr", "'zh' or 'en'"),
        ("HUIQI_SECOND_FACTOR_KEYS", "c2VjcmV0", "keys of 32 bytes in URL-safe base64"),
        ("HUIQI_SECOND_FACTOR_KEYS", f"{OWN_KEY},", "keys of 32 bytes in URL-safe base64"),
        ("HUIQI_SECOND_FACTOR_KEYS", "secret 秘密", "keys of 32 bytes in URL-safe base64"),
        ("HUIQI_PUBLC_URL", "https://a.cn", "no such setting"),
    ],
)
def test_a_fault_is_one_line_that_names_the_setting(name, value, told):
    with pytest.raises(BadSettings) as refused:
        load_settings({name: value})
    (line,) = refused.value.faults
    assert line.startswith(f"{name}: ")
    assert told in line
    assert "secret" not in line
    assert "\n" not in line


def test_the_answer_to_a_commands_question_is_no_slip_of_the_pen():
    assert load_settings({"HUIQI_STAFF_PASSWORD": "a long enough phrase"}) == load_settings({})


@pytest.mark.parametrize(
    "url", ["https://me:secret@huiqi.example.cn", "https://huiqi.example.cn/?x=1", "https://huiqi.example.cn/#top"]
)
def test_what_is_printed_on_papers_is_a_plain_address(url):
    with pytest.raises(BadSettings) as refused:
        load_settings({"HUIQI_PUBLIC_URL": url})
    assert refused.value.faults == (
        "HUIQI_PUBLIC_URL: is printed on papers, so it has neither user nor password, ? or #",
    )


def test_all_faults_are_told_at_once():
    with pytest.raises(BadSettings) as refused:
        load_settings({"HUIQI_DEBUG": "perhaps", "HUIQI_SESSION_IDLE_MINUTES": "0"})
    assert [line.split(":")[0] for line in refused.value.faults] == ["HUIQI_DEBUG", "HUIQI_SESSION_IDLE_MINUTES"]


def test_production_turns_secure_cookies_on():
    settings = load_settings(PRODUCTION)
    assert settings.cookie_secure
    assert settings.public_url == "https://huiqi.example.cn"


@pytest.mark.parametrize(
    ("change", "setting"),
    [
        ({"SECRET_KEY": DEMONSTRATION_SECRET}, "SECRET_KEY"),
        ({"SECRET_KEY": ""}, "SECRET_KEY"),
        ({"HUIQI_SECOND_FACTOR_KEYS": ""}, "HUIQI_SECOND_FACTOR_KEYS"),
        ({"HUIQI_SECOND_FACTOR_KEYS": f"{OWN_KEY},{DEMONSTRATION_KEY}"}, "HUIQI_SECOND_FACTOR_KEYS"),
        ({"SECRET_KEY": "k" * 31}, "SECRET_KEY"),
        ({"HUIQI_PUBLIC_URL": "http://huiqi.example.cn"}, "HUIQI_PUBLIC_URL"),
        ({"HUIQI_COOKIE_SECURE": "off"}, "HUIQI_COOKIE_SECURE"),
        ({"HUIQI_DEBUG": "1"}, "HUIQI_DEBUG"),
    ],
)
def test_production_refuses(change, setting):
    with pytest.raises(BadSettings) as refused:
        load_settings(PRODUCTION | change)
    (line,) = refused.value.faults
    assert line.startswith(f"{setting}: ")
