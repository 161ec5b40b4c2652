"""The Helm chart: by Helm's own lint, and what comes of it by the schemas of Kubernetes."""

import subprocess
from pathlib import Path

import kubernetes_validate
import pytest
import yaml
from conftest import OPERATIONS, told, tool

CHART = OPERATIONS / "helm/plantiles"
VALUES = sorted((Path(__file__).parent / "values").glob("*.yaml"))
WHOLE = Path(__file__).parent / "values/whole.yaml"
KUBERNETES = ["1.30", "1.37"]


def rendered(*arguments, version="1.37"):
    text = told(tool("helm"), "template", "plan", CHART, "--kube-version", f"{version}.0", *arguments)
    return [document for document in yaml.safe_load_all(text) if document]


def of_kind(documents, kind):
    return [document for document in documents if document["kind"] == kind]


@pytest.mark.parametrize("values", VALUES, ids=lambda path: path.stem)
def test_helm_has_nothing_to_say(values):
    told(tool("helm"), "lint", "--strict", "--quiet", CHART, "--values", values)


@pytest.mark.parametrize("version", KUBERNETES)
@pytest.mark.parametrize("values", VALUES, ids=lambda path: path.stem)
def test_kubernetes_knows_all_of_it(values, version):
    documents = rendered("--values", values, version=version)
    assert len(documents) >= 4
    for document in documents:
        # It is the operator's of Prometheus, which has it from its own definition.
        if document["kind"] != "ServiceMonitor":
            kubernetes_validate.validate(document, version, strict=True)


def test_what_kubernetes_does_not_know_is_found():
    [deployment] = of_kind(rendered(), "Deployment")
    deployment["spec"]["template"]["spec"]["containers"][0]["image_policy"] = "Always"
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(deployment, "1.37", strict=True)


@pytest.mark.parametrize(
    "wrong", ["replica=2", "replicas=0", "store.url=/mnt/plan", "image.pullPolicy=Sometimes", "service.port=70000", "serviceMonitor.interval=soon"]
)
def test_values_that_are_wrong_are_refused(wrong):
    refused = subprocess.run([tool("helm"), "template", CHART, "--kube-version", "1.37.0", "--set", wrong], capture_output=True, text=True)
    assert refused.returncode == 1 and "schema" in refused.stderr, refused.stderr


@pytest.mark.parametrize("values", VALUES, ids=lambda path: path.stem)
def test_pods_may_do_nothing_beside_what_they_do(values):
    documents = rendered("--values", values)
    pods = [document["spec"]["template"]["spec"] for document in of_kind(documents, "Deployment") + of_kind(documents, "Job")]
    for pod in pods:
        assert pod["securityContext"]["runAsNonRoot"] and pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        for container in pod["containers"]:
            may = container["securityContext"]
            assert may == {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
            assert container["resources"]["limits"]["memory"]


def test_services_and_budgets_choose_the_pods_that_there_are():
    documents = rendered("--values", WHOLE)
    [deployment] = of_kind(documents, "Deployment")
    labels = deployment["spec"]["template"]["metadata"]["labels"].items()
    selectors = [of_kind(documents, "Service")[0]["spec"]["selector"], deployment["spec"]["selector"]["matchLabels"]]
    selectors += [budget["spec"]["selector"]["matchLabels"] for budget in of_kind(documents, "PodDisruptionBudget")]
    assert len(selectors) == 3
    for selector in selectors:
        assert selector.items() <= labels
    service = of_kind(documents, "Service")[0]["metadata"]["labels"].items()
    for monitor in of_kind(documents, "ServiceMonitor"):
        assert monitor["spec"]["selector"]["matchLabels"].items() <= service


def test_what_a_pod_starts_is_a_command_of_the_program(program, tmp_path):
    documents = rendered("--values", WHOLE)
    [config] = of_kind(documents, "ConfigMap")
    path = tmp_path / "plantiles.toml"
    path.write_text(config["data"]["plantiles.toml"])
    assert "configuration: ok" in told(program, "check", "--config", path, "--state", tmp_path / "state")
    for document in of_kind(documents, "Deployment") + of_kind(documents, "Job"):
        [container] = document["spec"]["template"]["spec"]["containers"]
        told(program, *container["args"], "--help")


def test_secrets_are_named_and_in_no_text():
    documents = rendered("--values", WHOLE)
    [deployment] = of_kind(documents, "Deployment")
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    given = {entry["name"]: entry for entry in container["env"]}
    assert given["PLANTILES_DATABASE_URL"]["valueFrom"]["secretKeyRef"] == {"name": "plan-database", "key": "DATABASE_URL"}
    assert container["envFrom"] == [{"secretRef": {"name": "plan-bucket"}}]
    assert given["PLANTILES_STORE"]["value"] == "s3://plan/tunliu"
