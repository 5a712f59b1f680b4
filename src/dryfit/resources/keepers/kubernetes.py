"""Keeps one pod running for as long as this process lives, and passes a port of loopback on to it."""

from __future__ import annotations

import json
import signal
import socket
import sys
import threading
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

HOST_LABEL, HOME_ANNOTATION = "dryfit-host", "dryfit.home"
POLL_SECONDS = 0.2
CHUNK = 65536


def main(spec: dict[str, Any]) -> None:
    """Run the pod that ``spec`` (see ``providers/kubernetes.py``) tells of, until SIGTERM comes or it ends."""
    from kubernetes import client, config
    from kubernetes.config.config_exception import ConfigException

    try:
        if spec["context"]:
            config.load_kube_config(context=spec["context"])
        else:
            config.load_config()
    except ConfigException as error:
        sys.exit(f"no cluster is configured: {error}")
    api, namespace = client.CoreV1Api(), spec["namespace"]
    pod = _pod(spec)
    _remove_orphans(api, namespace)
    try:
        api.create_namespaced_pod(namespace, pod)
        _wait_until_it_runs(api, namespace, pod.metadata.name)
        _forward(namespace, pod.metadata.name, spec)
    except client.ApiException as error:
        sys.exit(f"pod {pod.metadata.name} in {namespace}: {error.status} {error.reason}: {error.body}")
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        with suppress(client.ApiException):
            api.delete_namespaced_pod(pod.metadata.name, namespace, grace_period_seconds=0)


def _pod(spec: dict[str, Any]) -> Any:
    """The manifest, in the client's own classes, which refuse what the API would."""
    from kubernetes import client

    volumes = [
        client.V1Volume(name=f"memory-{number}", empty_dir=client.V1EmptyDirVolumeSource(medium="Memory"))
        for number, _ in enumerate(spec["tmpfs"])
    ]
    container = client.V1Container(
        name="server",
        image=spec["image"],
        args=spec["command"] or None,
        env=[client.V1EnvVar(name=name, value=value) for name, value in spec["environment"].items()],
        ports=[
            client.V1ContainerPort(container_port=spec[name]) for name in ("port", "beside") if spec[name]
        ],
        volume_mounts=[
            client.V1VolumeMount(name=volume.name, mount_path=path)
            for volume, path in zip(volumes, spec["tmpfs"], strict=True)
        ],
    )
    return client.V1Pod(
        api_version="v1",
        kind="Pod",
        metadata=client.V1ObjectMeta(
            name=f"dryfit-{Path(spec['home']).name}".lower().replace("_", "-"),
            labels={"app.kubernetes.io/managed-by": "dryfit", HOST_LABEL: _host()},
            annotations={HOME_ANNOTATION: spec["home"]},
        ),
        spec=client.V1PodSpec(
            containers=[container],
            volumes=volumes,
            restart_policy="Never",
            automount_service_account_token=False,
            active_deadline_seconds=spec["deadline"],  # it ends even where nobody can end it any more
        ),
    )


def _wait_until_it_runs(api: Any, namespace: str, name: str) -> None:
    while True:
        status = api.read_namespaced_pod_status(name, namespace).status
        if status.phase == "Running":
            return
        stuck = _why_stuck(status)
        if status.phase in ("Failed", "Succeeded") or stuck:
            sys.exit(f"pod {name} in {namespace}: {stuck or status.phase}")
        threading.Event().wait(POLL_SECONDS)


def _why_stuck(status: Any) -> str:
    """A reason for which a pod never runs, such as an image that cannot be pulled; "" while it is on its way."""
    for container in status.container_statuses or ():
        waiting = container.state and container.state.waiting
        if waiting and waiting.reason in (
            "ErrImagePull",
            "ImagePullBackOff",
            "InvalidImageName",
            "CreateContainerError",
        ):
            return f"{waiting.reason}: {waiting.message}"
    return ""


def _forward(namespace: str, name: str, spec: dict[str, Any]) -> None:
    if spec["beside"]:
        beside = (spec["beside_at"], int(spec["published"]))
        family = socket.AF_INET6 if ":" in spec["beside_at"] else socket.AF_INET
        second = socket.create_server(beside, family=family)
        threading.Thread(target=_serve, args=(second, namespace, name, spec["beside"]), daemon=True).start()
    with socket.create_server(("127.0.0.1", int(spec["published"]))) as door:
        print(f"pod {name} in {namespace} runs; 127.0.0.1:{spec['published']} leads to it", flush=True)
        _serve(door, namespace, name, spec["port"])


def _serve(door: socket.socket, namespace: str, name: str, port: int) -> None:
    while True:
        line, _ = door.accept()
        threading.Thread(target=_relay, args=(namespace, name, port, line), daemon=True).start()


def _relay(namespace: str, name: str, port: int, line: socket.socket) -> None:
    from kubernetes import client
    from kubernetes.stream import portforward

    # A client of its own: `portforward` changes the one that it is given while it connects.
    api = client.CoreV1Api(client.ApiClient())

    with closing(line), suppress(OSError):
        forwarded = portforward(api.connect_get_namespaced_pod_portforward, name, namespace, ports=str(port))
        with closing(forwarded.socket(port)) as pod:
            pod.setblocking(True)
            back = threading.Thread(target=_pump, args=(pod, line), daemon=True)
            back.start()
            _pump(line, pod)
            back.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(CHUNK):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def _remove_orphans(api: Any, namespace: str) -> None:
    """Remove the pods of keepers on this machine that were killed: their directories are gone."""
    from kubernetes import client

    for pod in api.list_namespaced_pod(namespace, label_selector=f"{HOST_LABEL}={_host()}").items:
        home = (pod.metadata.annotations or {}).get(HOME_ANNOTATION, "")
        if home and not Path(home).exists():
            with suppress(client.ApiException):
                api.delete_namespaced_pod(pod.metadata.name, namespace, grace_period_seconds=0)


def _host() -> str:
    """This machine's name, as a label may be."""
    return (
        "".join(sign if sign.isalnum() else "-" for sign in socket.gethostname())[:60].strip("-") or "unnamed"
    )


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    main(json.loads(sys.argv[1]))
