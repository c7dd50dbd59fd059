"""gke.*: the Kubernetes API of a cluster.  There is no cluster here, so the driver answers.

Source: Workflows, "Kubernetes API Connector Overview" and the pages of its functions.
"""

from local.workflows.stdlib.googleapis import Map, answered_by_driver

_CLUSTER: Map = {"location": None, "project": None, "query": None}
_JOB: Map = {**_CLUSTER, "namespace": "default"}
_NAMED: Map = {"cluster_id": None, "job_name": None, **_JOB}
_REQUEST: Map = {"cluster_id": None, "path": None, "method": None, **_CLUSTER, "body": None, "headers": None}

FUNCTIONS = {
    function.name: function
    for function in (
        answered_by_driver("gke.request", 3, {**_REQUEST, "timeout": 300.0}),
        answered_by_driver("gke.create_job", 2, {"cluster_id": None, "job": None, **_JOB, "timeout": 300.0}),
        answered_by_driver("gke.await_job", 2, {**_NAMED, "timeout": 1800.0, "polling_policy": None}),
        answered_by_driver("gke.delete_job", 2, {**_NAMED, "timeout": 300.0}),
    )
}
