"""The shape of System Log events. Pure."""

from auditor.sandbox.answer import Json, iso_time
from auditor.sandbox.model.org import LogEvent, LogTarget


def log_event(it: LogEvent) -> Json:
    """One of `/logs`."""
    return {
        "actor": _log_target(it.actor),
        "client": {
            "userAgent": None,
            "zone": None,
            "device": None,
            "id": None,
            "ipAddress": None,
            "geographicalContext": None,
        },
        "device": None,
        "authenticationContext": {
            "authenticationProvider": None,
            "credentialProvider": None,
            "credentialType": None,
            "issuer": None,
            "interface": None,
            "authenticationStep": 0,
            "rootSessionId": None,
            "externalSessionId": "trs" + it.uuid[:8],
        },
        "displayMessage": it.message,
        "eventType": it.type,
        "outcome": {"result": it.result, "reason": it.reason},
        "published": iso_time(it.at),
        "securityContext": {
            "asNumber": None,
            "asOrg": None,
            "isp": None,
            "domain": None,
            "isProxy": None,
        },
        "severity": "INFO" if it.result == "SUCCESS" else "ERROR",
        "debugContext": {"debugData": {"requestId": it.uuid[:8]}},
        "legacyEventType": None,
        "transaction": {"type": "WEB", "id": it.uuid[9:18], "detail": {}},
        "uuid": it.uuid,
        "version": "0",
        "request": {"ipChain": []},
        "target": [_log_target(target) for target in it.targets],
    }


def _log_target(it: LogTarget) -> Json:
    body: Json = {
        "id": it.id,
        "type": it.type,
        "alternateId": it.alternate_id,
        "displayName": it.name,
        "detailEntry": None,
    }
    if it.change:
        body["changeDetails"] = {"from": it.change[0], "to": it.change[1]}
    return body
