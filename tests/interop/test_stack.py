"""iac/stack/Pulumi.yaml under the real provider's types, and what it makes under Pulumi's mocks."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path
from typing import Any, Optional

from gateway_process import REPOSITORY

PROGRAM = REPOSITORY / "iac/stack/Pulumi.yaml"
USER_DATA = REPOSITORY / "setup/ec2/user-data"
TOOLS = REPOSITORY / "tests/iac-stack"
DIGEST = "ab" * 32
IMAGE = {f"pcr{index}": f"{index}" * 96 for index in range(3)}
PREVIOUS = {f"previousPcr{index}": f"{index + 3}" * 96 for index in range(3)}
SETTINGS = {
    "account": "arn:aws:iam::123456789012:root",
    "region": "eu-central-1",
    "subnetId": "subnet-1",
    "ami": "ami-1",
    "instanceType": "m6i.xlarge",
    "origin": "log.example/orders",
    "releaseVersion": "0.1.0+0123456789ab",
    "releaseSha256": DIGEST,
    **IMAGE,
    **PREVIOUS,
}

# A change to the program, and what the compiler says to it.
MUTATIONS = [
    ("httpTokens: required", "httpToken: required", "'httpToken' does not exist|httpToken"),
    ("httpTokens: required", "httpTokens: true", "not assignable to type"),
    ("enclaveOptions:", "enclaveOption:", "'enclaveOption' does not exist|enclaveOption"),
    ("encrypted: true\n        deleteOn", "encrypt: true\n        deleteOn", "encrypt"),
    ("sseAlgorithm: AES256", "sseAlgorithms: AES256", "sseAlgorithm"),
    ("size: ${logVolumeGib}", "size: ${origin}", "not assignable to type"),
    ("type: aws:ebs:Volume", "type: aws:ebs:Disk", "'Disk' does not exist"),
    ("${address.publicIp}", "${address.publicAddress}", "'publicAddress' does not exist"),
    ("function: aws:ec2:getSubnet", "function: aws:ec2:getSubNet", "'getSubNetOutput'"),
    ("      volumeId: ${log.id}\n", "", "'volumeId' is missing"),
    ("      name: sessions", "      named: sessions", "named"),
]


def packages() -> Optional[str]:
    """The folder with the provider's types, or None where they could not be installed."""
    if shutil.which("node") is None:
        return None
    done = subprocess.run(
        [str(TOOLS / "install"), "--kept"], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else None


PACKAGES = packages()


@unittest.skipIf(PACKAGES is None, "the provider's types from npm are not to be had here")
class Stack(unittest.TestCase):
    folder: Path

    @classmethod
    def setUpClass(cls) -> None:
        folder = tempfile.TemporaryDirectory(prefix="sequencer-stack")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        (cls.folder / "node_modules").symlink_to(str(PACKAGES))
        for name in ("translate.mjs", "mocked.mjs", "tsconfig.json"):
            shutil.copy(TOOLS / name, cls.folder)
        # As `iac` lays out the program's folder.
        shutil.copy(USER_DATA, cls.folder)
        (cls.folder / "release.tar").write_bytes(b"a release")
        cls.translate("program", PROGRAM.read_text())
        told = cls.compile("program")
        if told:
            raise AssertionError(f"the compiler refuses iac/stack/Pulumi.yaml:\n{told}")
        cls.made = cls.run_mocked({})

    @classmethod
    def node(cls, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["node", *arguments], cwd=cls.folder, capture_output=True, text=True,
            timeout=240, check=False,
            env={**os.environ, "NODE_OPTIONS": "--max-old-space-size=3000"},
        )

    @classmethod
    def translate(cls, name: str, program: str) -> None:
        (cls.folder / f"{name}.yaml").write_text(program)
        done = cls.node("translate.mjs", f"{name}.yaml", f"{name}.ts")
        if done.returncode != 0:
            raise AssertionError(done.stderr)

    @classmethod
    def compile(cls, *names: str) -> str:
        """What the compiler says, empty if nothing is wrong."""
        config = {"extends": "./tsconfig.json", "files": [f"{name}.ts" for name in names]}
        (cls.folder / "programs.json").write_text(json.dumps(config))
        done = cls.node("node_modules/typescript/bin/tsc", "-p", "programs.json")
        return done.stdout + done.stderr

    @classmethod
    def run_mocked(cls, settings: dict[str, str]) -> dict[str, Any]:
        values = {f"sequencer:{name}": value for name, value in {**SETTINGS, **settings}.items()}
        (cls.folder / "settings.json").write_text(json.dumps(values))
        done = cls.node("mocked.mjs", "program.js", "settings.json")
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        return json.loads(done.stdout)

    def inputs(self, name: str, made: Optional[dict[str, Any]] = None) -> dict[str, Any]:
        return (made or self.made)["resources"][name]["inputs"]

    def of_type(self, suffix: str) -> dict[str, dict[str, Any]]:
        found = {
            name: resource["inputs"]
            for name, resource in self.made["resources"].items()
            if resource["type"].endswith(suffix)
        }
        self.assertNotEqual({}, found, suffix)
        return found

    def statements(self, name: str) -> list[dict[str, Any]]:
        return json.loads(self.inputs(name)["policy"])["Statement"]

    # ---- The compiler holds the program to the provider's types.

    def test_a_misspelt_property_or_a_wrong_type_is_refused(self) -> None:
        program = PROGRAM.read_text()
        for number, (before, after, _) in enumerate(MUTATIONS):
            self.assertEqual(1, program.count(before), before)
            self.translate(f"mutation{number}", program.replace(before, after))
        told = self.compile(*(f"mutation{number}" for number in range(len(MUTATIONS))))
        for number, (before, after, expected) in enumerate(MUTATIONS):
            with self.subTest(f"{before!r} -> {after!r}"):
                lines = re.findall(rf"^mutation{number}\.ts.*(?:\n +.*)*", told, re.MULTILINE)
                self.assertRegex("\n".join(lines), expected)

    def test_what_the_translation_does_not_know_it_refuses(self) -> None:
        program = PROGRAM.read_text()
        for before, after in [
            ("fn::readFile", "fn::readFiles"),
            ("protect: true\n\n  # Seals", "protects: true\n\n  # Seals"),
            ("${roleName}", "${rollName}"),
            ("type: integer", "type: float"),
            # Pulumi's own language host knows no descriptions of settings, and warns of each.
            ("config:\n  account:\n", "config:\n  account:\n    description: whose\n"),
            ("${elsewhere[3]}", "${elsewhere[three]}"),
        ]:
            with self.subTest(after):
                self.assertIn(before, program)
                with self.assertRaises(AssertionError):
                    self.translate("refused", program.replace(before, after))

    # ---- The instance.

    def test_the_instance_has_enclaves_and_asks_for_session_tokens(self) -> None:
        instance = self.inputs("instance")
        self.assertEqual({"enabled": True}, instance["enclaveOptions"])
        self.assertEqual(
            {
                "httpEndpoint": "enabled",
                "httpTokens": "required",
                "httpPutResponseHopLimit": 1,
                "instanceMetadataTags": "disabled",
            },
            instance["metadataOptions"],
        )

    def test_every_volume_is_encrypted_gp3(self) -> None:
        root = self.inputs("instance")["rootBlockDevice"]
        self.assertEqual((True, "gp3"), (root["encrypted"], root["volumeType"]))
        for volume in self.of_type(":Volume").values():
            self.assertEqual((True, "gp3"), (volume["encrypted"], volume["type"]))
        # In the zone of the subnet, or it could never be attached.
        self.assertEqual("eu-central-1b", self.inputs("log")["availabilityZone"])

    def test_the_log_and_the_sealing_key_are_protected_and_nothing_else(self) -> None:
        program = PROGRAM.read_text()
        kept = re.findall(r"^  (\w+):\n(?:    .*\n|\n)*?    options:\n      protect: true$",
                          program, re.MULTILINE)
        self.assertEqual(["log", "sealingKey"], kept)
        self.assertEqual(2, program.count("protect: true"))

    def test_nobody_gets_in_unless_asked_for(self) -> None:
        for rule in self.inputs("doors")["ingress"]:
            self.assertEqual(["127.0.0.1/32"], rule["cidrBlocks"])
        made = self.run_mocked({"sshCidr": "203.0.113.7/32", "httpsCidr": "0.0.0.0/0"})
        ports = {rule["fromPort"]: rule for rule in self.inputs("doors", made)["ingress"]}
        self.assertEqual({22, 443}, set(ports))
        self.assertEqual(["203.0.113.7/32"], ports[22]["cidrBlocks"])
        self.assertEqual(["0.0.0.0/0"], ports[443]["cidrBlocks"])
        for port, rule in ports.items():
            self.assertEqual((port, port, "tcp"), (rule["fromPort"], rule["toPort"], rule["protocol"]))
        [out] = self.inputs("doors")["egress"]
        self.assertEqual((443, 443, "tcp"), (out["fromPort"], out["toPort"], out["protocol"]))

    def test_a_release_is_a_new_instance_and_the_log_volume_moves(self) -> None:
        instance = self.inputs("instance")
        self.assertIs(True, instance["userDataReplaceOnChange"])
        moved = self.inputs("logAtInstance")
        self.assertEqual(
            ("id-of-log", "id-of-instance", True),
            (moved["volumeId"], moved["instanceId"], moved["stopInstanceBeforeDetaching"]),
        )

    def test_user_data_is_the_script_behind_its_settings(self) -> None:
        data = self.inputs("instance")["userData"]
        self.assertTrue(data.startswith("#!/usr/bin/env bash\n"))
        self.assertTrue(data.endswith(USER_DATA.read_text()))
        self.assertLess(len(data.encode()), 16384)
        settings = data.removesuffix(USER_DATA.read_text()).splitlines()[1:]
        for line in settings:
            self.assertRegex(line, r"^[a-z0-9_]+='[^'$`\\]*'$")
        given = {line.split("=", 1)[0] for line in settings}
        needed = set(re.findall(r'"\$\{([a-z0-9_]+):\?\}"', USER_DATA.read_text()))
        self.assertEqual(needed, given)
        self.assertIn(f"release_sha256='{DIGEST}'", settings)
        self.assertIn("log_volume='id-of-log'", settings)

    # ---- What it may do.

    def test_kms_serves_the_two_images_to_the_one_role_and_nobody_else(self) -> None:
        image, previous, administration = self.statements("sealingKey")
        for statement, pcrs in ((image, IMAGE), (previous, PREVIOUS)):
            self.assertEqual("Allow", statement["Effect"])
            self.assertEqual(["kms:Decrypt", "kms:GenerateDataKey"], statement["Action"])
            self.assertEqual(
                {
                    "StringEqualsIgnoreCase": {
                        f"kms:RecipientAttestation:PCR{index}": value
                        for index, value in enumerate(pcrs.values())
                    },
                    "StringEquals": {"kms:EncryptionContext:sequencer-purpose": "identity/v1"},
                    "ArnEquals": {
                        "aws:PrincipalArn":
                            "arn:aws:iam::123456789012:role/sequencer-test-eu-central-1",
                    },
                },
                statement["Condition"],
            )
        self.assertEqual("sequencer-test-eu-central-1", self.inputs("role")["name"])
        for action in administration["Action"]:
            self.assertNotIn("*", action)
            self.assertNotRegex(action, "Crypt|crypt|Generate|CreateGrant|Derive|Sign|ReEncrypt")
        # Whoever keeps the key can stop all use of it at once.
        for action in ("kms:DisableKey", "kms:RevokeGrant", "kms:PutKeyPolicy"):
            self.assertIn(action, administration["Action"])

    def test_policies_name_only_the_partition_of_the_region(self) -> None:
        key = "arn:aws-us-gov:kms:us-gov-west-1:210987654321:key/feed"
        for settings, use in (
            ({"region": "us-gov-west-1"}, "arn:aws-us-gov:kms:us-east-1:000000000000:key/none"),
            ({"region": "us-gov-west-1", "sealing": key, "sealingKeyElsewhere": key}, key),
        ):
            made = self.run_mocked(settings)
            for name, resource in made["resources"].items():
                policy = resource["inputs"].get("policy", "")
                self.assertNotIn("arn:aws:", policy, name)
            [statement] = json.loads(self.inputs("mayUseSealingKey", made)["policy"])["Statement"]
            self.assertEqual(["arn:of:sealingKey", use], statement["Resource"])

    def test_the_role_reads_releases_uses_one_key_and_has_sessions(self) -> None:
        policies = self.of_type(":RolePolicy")
        self.assertEqual({"mayReadReleases", "mayUseSealingKey", "mayBeManaged"}, set(policies))
        [read] = self.statements("mayReadReleases")
        self.assertEqual(
            ("s3:GetObject", "arn:of:releases/releases/*"), (read["Action"], read["Resource"]))
        [use] = self.statements("mayUseSealingKey")
        self.assertEqual(["kms:Decrypt", "kms:GenerateDataKey"], use["Action"])
        self.assertEqual("arn:of:sealingKey", use["Resource"][0])
        self.assertRegex(use["Resource"][1], ":000000000000:key/none$")
        types = [resource["type"] for resource in self.made["resources"].values()]
        self.assertNotIn("Attachment", "".join(name for name in types if ":iam/" in name))
        [sessions] = self.statements("mayBeManaged")
        self.assertEqual(
            [
                "ssm:UpdateInstanceInformation",
                "ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel",
                "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel",
            ],
            sessions["Action"],
        )
        [assumed] = json.loads(self.inputs("role")["assumeRolePolicy"])["Statement"]
        self.assertEqual({"Service": "ec2.amazonaws.com"}, assumed["Principal"])

    def test_releases_are_private_versioned_encrypted_and_over_tls_only(self) -> None:
        private = self.inputs("releasesArePrivate")
        self.assertEqual(4, [private[name] for name in (
            "blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets",
        )].count(True))
        versions = self.inputs("releasesHaveVersions")["versioningConfiguration"]
        self.assertEqual({"status": "Enabled"}, versions)
        self.assertIn("releasesAreEncrypted", self.made["resources"])
        [tls] = self.statements("releasesOverTls")
        self.assertEqual(
            ("Deny", "*", {"Bool": {"aws:SecureTransport": "false"}}),
            (tls["Effect"], tls["Principal"], tls["Condition"]),
        )
        self.assertEqual(f"releases/{DIGEST}.tar", self.inputs("release")["key"])

    # ---- The rest.

    def test_everything_has_the_tags_of_the_deployment(self) -> None:
        self.assertEqual(json.loads(self.inputs("aws")["allowedAccountIds"]), ["123456789012"])
        tags = json.loads(self.inputs("aws")["defaultTags"])["tags"]
        expected = {"Deployment": "Sequencer", "ManagedBy": "sequencer-stack", "Stack": "test"}
        self.assertEqual(expected, tags)
        # A volume that comes with the instance gets none of the provider's.
        root = self.inputs("instance")["rootBlockDevice"]["tags"]
        self.assertEqual(expected, {name: root[name] for name in expected})

    def test_alarms_watch_this_instance_and_tell_the_topic(self) -> None:
        alarms = self.of_type(":MetricAlarm")
        self.assertEqual({"instanceFails", "logStalls", "cpuIsBusy"}, set(alarms))
        for alarm in alarms.values():
            self.assertEqual({"InstanceId": "id-of-instance"}, alarm["dimensions"])
            self.assertEqual(["arn:of:alarms"], alarm["alarmActions"])

    def test_outputs_say_what_status_shows(self) -> None:
        outputs = self.made["outputs"]
        self.assertEqual("192.0.2.7", outputs["address"])
        self.assertEqual("id-of-instance", outputs["instance"])
        self.assertEqual("arn:of:sealingKey", outputs["sealingKey"])
        self.assertEqual(IMAGE["pcr0"], outputs["pcr0"])


if __name__ == "__main__":
    unittest.main()
