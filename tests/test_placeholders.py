from __future__ import annotations

import pytest
from tokens import credential

from jupyter_mlsecops.findings import Confidence
from jupyter_mlsecops.secrets.shapes.names import NameKind, kind_of_name, words_of
from jupyter_mlsecops.secrets.shapes.placeholders import is_placeholder, is_random, likeness

SECRET, PASSWORD, OTHER = NameKind.SECRET, NameKind.PASSWORD, NameKind.OTHER

# Seen in real notebooks.
PLACEHOLDERS = [
    "<YOUR_HUGGINGFACEHUB_API_TOKEN>", "<TOKEN>", "your_path_to_credentials.json", "YOUR_ANTHROPIC_API_KEY", "sk-lf-...", "hf_...", "...",
    "YOUR_ACCESS_KEY", "YOUR_SECRET_KEY", "<my-client-secret>", "[your-hugging-face-auth-token]", "[your-reddit-client-secret]", "EMPTY",
    "none", "{API KEY}", "<Update", "<my_password>", "my-client-secret", "invalid-token", "tkn", "<hf_token>", "[nvidia-ngc-api-key]",
]  # fmt: skip


@pytest.mark.parametrize(
    "value",
    [
        *PLACEHOLDERS,
        "",
        "        ",
        "x" * 20,
        "SERPER_API_KEY",
        "$HF_TOKEN_1",
        "${TOKEN_1}",
        "%(token1)s",
        "secret password 1!",
    ],
)
def test_placeholders(value):
    assert is_placeholder(value)
    assert likeness(value, SECRET) is None
    assert likeness(value, PASSWORD) is None


@pytest.mark.parametrize(
    "value",
    [
        "/home/me/creds-1.json", "creds/Token-1.pem", "google/flan-t5-xl-2024-v2", "https://example.org/Path-1?x=2", "Meta-Llama-3.1-8B-Instruct",
        "mobilenet_v3_large_100_224", "DataCollatorForSeq2SeqWithPadding2", "us-central1-docker.pkg.dev", "projects/1/secrets/My-secret/versions/2",
        "AutoModelForSeq2SeqLM", "google.cloud.aiplatform_v1beta1.types", "20250812-1800-rc1", "C:\\keys\\Key-1.txt",
    ],
)  # fmt: skip
def test_names_and_paths_are_not_random(value):
    assert likeness(value, SECRET) is None


@pytest.mark.parametrize("name", ["secret", "hex", "uuid", "base64", "aws-secret", "azure-key", "jwt"])
def test_random_values_are_secrets_under_any_credential(name):
    for number in range(1, 20):
        value = credential(name, number)
        assert is_random(value), value
        assert likeness(value, SECRET) is Confidence.HIGH
        assert likeness(value, OTHER) is None


@pytest.mark.parametrize("value", ["hunter2-9f3k", "Tr0ub4dor&3", "S3cr3t!P@ssw0rd", "neo4jAdmin2024", "kq!wertz7"])
def test_chosen_values_are_secrets_under_a_password(value):
    assert likeness(value, PASSWORD) is Confidence.MEDIUM
    assert likeness(value, SECRET) is None


@pytest.mark.parametrize(
    "value",
    [
        "password",
        "password123",
        "changeme",
        "admin123",
        "postgres",
        "short1!",
        "correct",
        "DB_PASSWORD",
        "my_password_1",
    ],
)
def test_words_are_no_passwords(value):
    assert likeness(value, PASSWORD) is None


@pytest.mark.parametrize(
    "name",
    [
        "token", "HF_TOKEN", "hf_token", "access_token", "authToken", "bot_token", "api_key", "apiKey", "APIKey", "X-Api-Key", "apikey", "OPENAI_API_KEY",
        "aws_secret_access_key", "client_secret", "Authorization", "bearer", "private_key", "connection_string", "AccountKey", "openai_key",
        "fs.azure.account.key.name.dfs.core.windows.net", "Ocp-Apim-Subscription-Key", "sas", "secret", "credentials",
    ],
)  # fmt: skip
def test_names_of_secrets(name):
    assert kind_of_name(name) is SECRET


@pytest.mark.parametrize(
    "name", ["password", "DB_PASSWORD", "passwd", "pwd", "userPassword", "pass", "passphrase", "db_pass", "PGPASSWORD"]
)
def test_names_of_passwords(name):
    assert kind_of_name(name) is PASSWORD


@pytest.mark.parametrize(
    "name",
    [
        "pad_token", "eos_token", "bos_token", "unk_token", "mask_token", "eos_token_id", "pad_token_ids", "max_new_tokens", "num_tokens", "tokens",
        "special_tokens", "token_type", "token_count", "NextToken", "next_page_token", "ClientRequestToken", "TOKEN_SEPARATOR", "tokenizer", "tokenizer_name",
        "tokenization_method", "TOKENIZERS_PARALLELISM", "EXCLUDE_INPUT_TOKEN", "placeholder_token", "initializer_token", "instance_token",
        "word_delimiter_token", "key", "keys", "key_columns", "keypoints", "primary_key", "public_key", "SecretId", "secret_name", "secret_arn",
        "token_path", "credentials_file", "token_uri", "GOOGLE_APPLICATION_CREDENTIALS", "use_auth_token", "PATH", "monkey", "passenger", "compass",
        "author", "x", "", "secret_client", "password_field", "partition_key", "cache_key", "a" * 500,
    ],
)  # fmt: skip
def test_names_that_only_look_so(name):
    assert kind_of_name(name) is OTHER


def test_words():
    assert words_of("awsSecretAccessKey") == ("aws", "secret", "access", "key")
    assert words_of("X-API-Key2") == ("x", "api", "key")
    assert words_of("HFToken") == ("hf", "token")
