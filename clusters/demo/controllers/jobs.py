"""Jobs, which run pods to their end, and CronJobs, which make Jobs by the clock."""

from datetime import UTC, datetime, timedelta

from clusters.demo.controllers.events import record, reference_to
from clusters.demo.controllers.names import ending, owner_reference
from clusters.demo.controllers.pods import active, delete_pod, is_ready, new_pod
from clusters.demo.world.clock import moment, stamp
from clusters.demo.world.world import World

JOBS, CRON_JOBS = "jobs.batch", "cronjobs.batch"
PAUSE = 0.1


def reconcile_job(world: World, namespace: str, name: str) -> None:
    """Run pods until enough have succeeded or too many have failed."""
    found = world.get(JOBS, namespace, name)
    if found is None or found["metadata"].get("deletionTimestamp") or _finished(found):
        return
    status = dict(found.get("status") or {})
    status.setdefault("startTime", stamp(world.now()))
    pods = world.owned(found, "pods")
    running = [pod for pod in pods if active(pod)]
    succeeded = sum(pod["status"]["phase"] == "Succeeded" for pod in pods)
    failed = sum(pod["status"]["phase"] == "Failed" for pod in pods)
    wanted = found["spec"].get("completions", 1)
    if failed > found["spec"].get("backoffLimit", 6):
        status = _end(
            world, found, status, "Failed", "BackoffLimitExceeded", "Job has reached the specified backoff limit"
        )
    elif succeeded >= wanted:
        text = "Reached expected number of succeeded pods"
        status = _end(world, found, status, "Complete", "CompletionsReached", text)
    elif not found["spec"].get("suspend"):
        missing = min(found["spec"].get("parallelism", 1), wanted - succeeded) - len(running)
        running += [_new_job_pod(world, found) for _ in range(missing)]
    counts = {
        "active": len(running),
        "ready": sum(map(is_ready, running)),
        "succeeded": succeeded,
        "failed": failed,
        "terminating": 0,
    }
    for field, value in counts.items():
        status.pop(field, None)
        if value or field in ("ready", "terminating"):
            status[field] = value
    status["uncountedTerminatedPods"] = {}
    if status != found.get("status"):
        world.put(JOBS, {**found, "status": status})


def _new_job_pod(world: World, job: dict) -> dict:
    metadata = job["metadata"]
    pod = new_pod(job["spec"]["template"], metadata["namespace"], f"{metadata['name']}-{ending(world)}", job)
    pod = world.put("pods", pod)
    record(world, job, "Normal", "SuccessfulCreate", f"Created pod: {pod['metadata']['name']}", "job-controller")
    return pod


def _finished(job: dict) -> bool:
    conditions = (job.get("status") or {}).get("conditions") or ()
    return any(found["type"] in ("Complete", "Failed") and found["status"] == "True" for found in conditions)


def _end(world: World, job: dict, status: dict, kind: str, reason: str, message: str) -> dict:
    now = stamp(world.now())
    first = "SuccessCriteriaMet" if kind == "Complete" else "FailureTarget"
    condition = {
        "status": "True",
        "lastProbeTime": now,
        "lastTransitionTime": now,
        "reason": reason,
        "message": message,
    }
    found = {**status, "conditions": [{"type": first, **condition}, {"type": kind, **condition}]}
    if kind == "Complete":
        found["completionTime"] = now
        record(world, job, "Normal", "Completed", "Job completed", "job-controller")
    else:
        record(world, job, "Warning", reason, message, "job-controller")
    return found


def reconcile_cron_job(world: World, namespace: str, name: str) -> None:
    """Make the Job that is due, tidy old ones away, and plan the next."""
    found = world.get(CRON_JOBS, namespace, name)
    if found is None or found["metadata"].get("deletionTimestamp"):
        return
    status = dict(found.get("status") or {})
    last = moment(status.get("lastScheduleTime") or found["metadata"]["creationTimestamp"])
    due = next_run(found["spec"]["schedule"], last)
    if due <= world.now() and not found["spec"].get("suspend"):
        status["lastScheduleTime"] = stamp(due)
        _make_job(world, found, due)
    jobs = world.owned(found, JOBS)
    done = [moment(job["status"]["completionTime"]) for job in jobs if (job.get("status") or {}).get("completionTime")]
    if done:
        status["lastSuccessfulTime"] = stamp(max(done))
    running = [{**reference_to(job)} for job in jobs if not _finished(job)]
    status.pop("active", None)
    if running:
        status["active"] = running
    if status != (found.get("status") or {}):
        world.put(CRON_JOBS, {**found, "status": status})
    _tidy(world, found, jobs)
    following = next_run(found["spec"]["schedule"], world.now())
    key = ("cron", found["metadata"]["uid"])
    world.later(following - world.now(), key, lambda one: reconcile_cron_job(one, namespace, name))


def _make_job(world: World, cron_job: dict, due: float) -> None:
    metadata = cron_job["metadata"]
    name = f"{metadata['name']}-{int(due // 60)}"
    if world.get(JOBS, metadata["namespace"], name) is None:
        new = new_job(name, metadata["namespace"], cron_job["spec"]["jobTemplate"]["spec"])
        new["metadata"]["ownerReferences"] = [owner_reference(cron_job)]
        new["metadata"]["annotations"] = {"batch.kubernetes.io/cronjob-scheduled-timestamp": stamp(due)}
        world.put(JOBS, with_selector(world, new))
        record(world, cron_job, "Normal", "SuccessfulCreate", f"Created job {name}", "cronjob-controller")


def new_job(name: str, namespace: str, spec: dict) -> dict:
    """A Job with the API's defaults, without the selector that needs its uid."""
    defaults = {"parallelism": 1, "completions": 1, "backoffLimit": 6, "completionMode": "NonIndexed", "suspend": False}
    metadata = {"name": name, "namespace": namespace, "generation": 1}
    return {"kind": "Job", "apiVersion": "batch/v1", "metadata": metadata, "spec": {**defaults, **spec}, "status": {}}


def with_selector(world: World, job: dict) -> dict:
    """Store a Job once for its uid and give it back with the selector and labels the API makes of that."""
    stored = world.put(JOBS, job)
    uid, name = stored["metadata"]["uid"], stored["metadata"]["name"]
    labels = {"batch.kubernetes.io/controller-uid": uid, "batch.kubernetes.io/job-name": name, "job-name": name}
    template = stored["spec"]["template"]
    metadata = template.get("metadata") or {}
    template = {**template, "metadata": {**metadata, "labels": {**(metadata.get("labels") or {}), **labels}}}
    selector = {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}
    return {**stored, "spec": {**stored["spec"], "selector": selector, "template": template}}


def _tidy(world: World, cron_job: dict, jobs: list[dict]) -> None:
    for kind, limit in (("Complete", "successfulJobsHistoryLimit"), ("Failed", "failedJobsHistoryLimit")):
        ended = [job for job in jobs if any(c["type"] == kind for c in (job["status"].get("conditions") or ()))]
        for job in ended[: max(len(ended) - cron_job["spec"].get(limit, 3 if kind == "Complete" else 1), 0)]:
            for pod in world.owned(job, "pods"):
                delete_pod(world, pod, 0)
            world.remove(JOBS, job["metadata"]["namespace"], job["metadata"]["name"])


def next_run(schedule: str, after: float) -> float:
    """The first minute after a moment that a five-field cron schedule names; raises ValueError when none is near."""
    fields = [
        _cron_field(text, low, high)
        for text, low, high in zip(schedule.split(), (0, 0, 1, 1, 0), (59, 23, 31, 12, 6), strict=True)
    ]
    when = datetime.fromtimestamp(after, UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
    for _ in range(366 * 24 * 60):
        if when.hour not in fields[1]:
            when = when.replace(minute=0) + timedelta(hours=1)
            continue
        if (
            when.minute in fields[0]
            and when.day in fields[2]
            and when.month in fields[3]
            and when.isoweekday() % 7 in fields[4]
        ):
            return when.timestamp()
        when += timedelta(minutes=1)
    raise ValueError(f"{schedule!r} names no minute of the coming year")


def _cron_field(text: str, low: int, high: int) -> set[int]:
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        if span == "*":
            first, last = str(low), str(high)
        found.update(range(int(first), int(last or first) + 1, int(step or 1)))
    return found
