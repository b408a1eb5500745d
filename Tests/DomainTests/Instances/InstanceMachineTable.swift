let machineTable = """
    off + start -> starting: spawn, report starting
    off + restart -> starting: spawn, report starting
    off + adopted(9 running) -> running: arm stable 600, probe, report running
    preparing + stop -> stopping: report stopping
    preparing + kill -> stopping: report stopping
    preparing + spawned(pid: 8) -> starting: arm startup 120
    preparing + refused(stackMissing) -> crashed: raise instance.stack-missing, report crashed (The stack of this instan…)
    preparing + refused(diskFull) -> backing-off: arm backoff 60, raise site.disk-full, report backing-off (The disk is full. Free s…)
    starting + stop -> stopping: disarm startup, disarm stable, terminate 7, arm grace 20, report stopping
    starting + restart -> stopping: disarm startup, disarm stable, terminate 7, arm grace 20, report stopping
    starting + kill -> stopping: disarm startup, disarm stable, kill 7, arm grace 20, report stopping
    starting + listening -> starting: probe
    starting + ready -> starting: arm stable 600
    starting + safeMode -> safe: disarm startup, report safe
    starting + halted -> safe: disarm startup, disarm stable, report safe (The flows were stopped i…)
    starting + missingTypes(["x"]) -> unhealthy: disarm startup, disarm stable, raise instance.missing-types, report unhealthy (The flows wait for node …)
    starting + credentialsUnreadable -> starting: raise instance.credentials-unreadable, report starting (The stored credentials d…)
    starting + flowsUnreadable -> starting: remembers it
    starting + portTaken -> starting: remembers it
    starting + exited(code(1) after 59 s) -> backing-off: disarm startup, disarm stable, pause 1, report backing-off (Node-RED ended with exit…)
    starting + exited(code(1) after 60 s) -> backing-off: disarm startup, disarm stable, pause 1, report backing-off (Node-RED ended with exit…)
    starting + exited(code(78) after 1 s) -> crashed: disarm startup, disarm stable, raise instance.flows-unreadable, report crashed (flows.json cannot be rea…)
    starting + probeMissed -> starting: remembers it
    starting + elapsed(startup) -> unhealthy: kill 7, arm grace 20, raise instance.unresponsive, report unhealthy (Node-RED did not answer,…)
    listening + stop -> stopping: disarm startup, disarm stable, terminate 7, arm grace 20, no probe, report stopping
    listening + restart -> stopping: disarm startup, disarm stable, terminate 7, arm grace 20, no probe, report stopping
    listening + kill -> stopping: disarm startup, disarm stable, kill 7, arm grace 20, no probe, report stopping
    listening + ready -> running: disarm startup, arm stable 600, report running
    listening + safeMode -> safe: disarm startup, report safe
    listening + halted -> safe: disarm startup, disarm stable, report safe (The flows were stopped i…)
    listening + missingTypes(["x"]) -> unhealthy: disarm startup, disarm stable, raise instance.missing-types, report unhealthy (The flows wait for node …)
    listening + credentialsUnreadable -> starting: raise instance.credentials-unreadable, report starting (The stored credentials d…)
    listening + flowsUnreadable -> starting: remembers it
    listening + exited(code(1) after 59 s) -> backing-off: disarm startup, disarm stable, pause 1, no probe, report backing-off (Node-RED ended with exit…)
    listening + exited(code(1) after 60 s) -> backing-off: disarm startup, disarm stable, pause 1, no probe, report backing-off (Node-RED ended with exit…)
    listening + exited(code(78) after 1 s) -> crashed: disarm startup, disarm stable, no probe, raise instance.flows-unreadable, report crashed (flows.json cannot be rea…)
    listening + probeMissed -> starting: remembers it
    listening + elapsed(startup) -> unhealthy: raise instance.missing-types, report unhealthy (The editor is up, but th…)
    running + stop -> stopping: disarm startup, disarm stable, terminate 7, arm grace 20, no probe, report stopping
    running + restart -> stopping: disarm startup, disarm stable, terminate 7, arm grace 20, no probe, report stopping
    running + kill -> stopping: disarm startup, disarm stable, kill 7, arm grace 20, no probe, report stopping
    running + listening -> running: disarm startup
    running + ready -> running: disarm startup, arm stable 600
    running + safeMode -> running: disarm startup
    running + halted -> safe: disarm startup, disarm stable, report safe (The flows were stopped i…)
    running + missingTypes(["x"]) -> unhealthy: disarm startup, disarm stable, raise instance.missing-types, report unhealthy (The flows wait for node …)
    running + credentialsUnreadable -> running: raise instance.credentials-unreadable, report running (The stored credentials d…)
    running + flowsUnreadable -> running: remembers it
    running + exited(code(1) after 59 s) -> backing-off: disarm startup, disarm stable, pause 1, no probe, report backing-off (Node-RED ended with exit…)
    running + exited(code(1) after 60 s) -> backing-off: disarm startup, disarm stable, pause 1, no probe, report backing-off (Node-RED ended with exit…)
    running + exited(code(78) after 1 s) -> crashed: disarm startup, disarm stable, no probe, raise instance.flows-unreadable, report crashed (flows.json cannot be rea…)
    running + probeMissed -> running: remembers it
    missing + stop -> stopping: disarm startup, disarm stable, terminate 7, arm grace 20, no probe, report stopping
    missing + restart -> stopping: disarm startup, disarm stable, terminate 7, arm grace 20, no probe, report stopping
    missing + kill -> stopping: disarm startup, disarm stable, kill 7, arm grace 20, no probe, report stopping
    missing + ready -> running: disarm startup, arm stable 600, clear instance.missing-types, report running
    missing + safeMode -> safe: disarm startup, clear instance.missing-types, report safe
    missing + halted -> safe: disarm startup, disarm stable, clear instance.missing-types, report safe (The flows were stopped i…)
    missing + missingTypes(["x"]) -> unhealthy: disarm startup, disarm stable, report unhealthy (The flows wait for node …)
    missing + credentialsUnreadable -> unhealthy: raise instance.credentials-unreadable
    missing + flowsUnreadable -> unhealthy: remembers it
    missing + exited(code(1) after 59 s) -> backing-off: disarm startup, disarm stable, pause 1, no probe, report backing-off (Node-RED ended with exit…)
    missing + exited(code(1) after 60 s) -> backing-off: disarm startup, disarm stable, pause 1, no probe, report backing-off (Node-RED ended with exit…)
    missing + exited(code(78) after 1 s) -> crashed: disarm startup, disarm stable, no probe, raise instance.flows-unreadable, clear instance.missing-types, report crashed (flows.json cannot be rea…)
    missing + probeMissed -> unhealthy: remembers it
    missing + elapsed(startup) -> unhealthy: remembers it
    late + stop -> stopping: disarm startup, disarm stable, terminate 7, arm grace 20, no probe, report stopping
    late + restart -> stopping: disarm startup, disarm stable, terminate 7, arm grace 20, no probe, report stopping
    late + kill -> stopping: disarm startup, disarm stable, kill 7, arm grace 20, no probe, report stopping
    late + ready -> running: disarm startup, arm stable 600, clear instance.missing-types, report running
    late + safeMode -> safe: disarm startup, clear instance.missing-types, report safe
    late + halted -> safe: disarm startup, disarm stable, clear instance.missing-types, report safe (The flows were stopped i…)
    late + missingTypes(["x"]) -> unhealthy: disarm startup, disarm stable, report unhealthy (The flows wait for node …)
    late + credentialsUnreadable -> unhealthy: raise instance.credentials-unreadable
    late + flowsUnreadable -> unhealthy: remembers it
    late + exited(code(1) after 59 s) -> backing-off: disarm startup, disarm stable, pause 1, no probe, report backing-off (Node-RED ended with exit…)
    late + exited(code(1) after 60 s) -> backing-off: disarm startup, disarm stable, pause 1, no probe, report backing-off (Node-RED ended with exit…)
    late + exited(code(78) after 1 s) -> crashed: disarm startup, disarm stable, no probe, raise instance.flows-unreadable, clear instance.missing-types, report crashed (flows.json cannot be rea…)
    late + probeMissed -> unhealthy: remembers it
    unresponsive + stop -> stopping: disarm startup, disarm stable, terminate 7, arm grace 20, no probe, report stopping
    unresponsive + restart -> stopping: disarm startup, disarm stable, terminate 7, arm grace 20, no probe, report stopping
    unresponsive + kill -> stopping: disarm startup, disarm stable, kill 7, arm grace 20, no probe, report stopping
    unresponsive + listening -> unhealthy: disarm startup
    unresponsive + ready -> unhealthy: disarm startup, arm stable 600
    unresponsive + safeMode -> unhealthy: disarm startup
    unresponsive + halted -> unhealthy: disarm startup, disarm stable
    unresponsive + missingTypes(["x"]) -> unhealthy: disarm startup, disarm stable
    unresponsive + credentialsUnreadable -> unhealthy: raise instance.credentials-unreadable
    unresponsive + flowsUnreadable -> unhealthy: remembers it
    unresponsive + exited(code(1) after 59 s) -> backing-off: disarm startup, disarm stable, pause 1, no probe, report backing-off (Node-RED ended with exit…)
    unresponsive + exited(code(1) after 60 s) -> backing-off: disarm startup, disarm stable, pause 1, no probe, report backing-off (Node-RED ended with exit…)
    unresponsive + exited(code(78) after 1 s) -> crashed: disarm startup, disarm stable, no probe, raise instance.flows-unreadable, report crashed (flows.json cannot be rea…)
    unresponsive + probeMissed -> unhealthy: kill 7, arm grace 20, no probe, raise instance.unresponsive, report unhealthy (Node-RED did not answer,…)
    unresponsive + probeAnswered -> running: report running
    hung + stop -> stopping: disarm startup, disarm stable, kill 7, arm grace 20, report stopping
    hung + restart -> stopping: disarm startup, disarm stable, kill 7, arm grace 20, report stopping
    hung + kill -> stopping: disarm startup, disarm stable, kill 7, arm grace 20, report stopping
    hung + listening -> unhealthy: disarm startup
    hung + ready -> unhealthy: disarm startup, arm stable 600
    hung + safeMode -> unhealthy: disarm startup
    hung + halted -> unhealthy: disarm startup, disarm stable
    hung + missingTypes(["x"]) -> unhealthy: disarm startup, disarm stable
    hung + credentialsUnreadable -> unhealthy: raise instance.credentials-unreadable
    hung + flowsUnreadable -> unhealthy: remembers it
    hung + exited(code(1) after 59 s) -> backing-off: disarm startup, disarm stable, disarm grace, pause 1, report backing-off (Node-RED did not answer,…)
    hung + exited(code(1) after 60 s) -> backing-off: disarm startup, disarm stable, disarm grace, pause 1, report backing-off (Node-RED did not answer,…)
    hung + exited(code(78) after 1 s) -> crashed: disarm startup, disarm stable, disarm grace, raise instance.flows-unreadable, clear instance.unresponsive, report crashed (flows.json cannot be rea…)
    hung + probeAnswered -> unhealthy: remembers it
    hung + elapsed(grace) -> unhealthy: kill 7, arm grace 20
    safe + stop -> stopping: disarm startup, disarm stable, terminate 7, arm grace 20, no probe, report stopping
    safe + restart -> stopping: disarm startup, disarm stable, terminate 7, arm grace 20, no probe, report stopping
    safe + kill -> stopping: disarm startup, disarm stable, kill 7, arm grace 20, no probe, report stopping
    safe + ready -> running: disarm startup, arm stable 600, report running
    safe + safeMode -> safe: disarm startup
    safe + halted -> safe: disarm startup, disarm stable
    safe + missingTypes(["x"]) -> safe: disarm startup, disarm stable
    safe + credentialsUnreadable -> safe: raise instance.credentials-unreadable
    safe + flowsUnreadable -> safe: remembers it
    safe + exited(code(1) after 59 s) -> crashed: disarm startup, disarm stable, no probe, raise instance.crashed, report crashed (Node-RED ended with exit…)
    safe + exited(code(1) after 60 s) -> backing-off: disarm startup, disarm stable, pause 1, no probe, report backing-off
    safe + exited(code(78) after 1 s) -> crashed: disarm startup, disarm stable, no probe, raise instance.flows-unreadable, report crashed (flows.json cannot be rea…)
    safe + probeMissed -> safe: remembers it
    safe + elapsed(startup) -> safe: remembers it
    halted + stop -> stopping: disarm startup, disarm stable, terminate 7, arm grace 20, no probe, report stopping
    halted + restart -> stopping: disarm startup, disarm stable, terminate 7, arm grace 20, no probe, report stopping
    halted + kill -> stopping: disarm startup, disarm stable, kill 7, arm grace 20, no probe, report stopping
    halted + ready -> running: disarm startup, arm stable 600, report running
    halted + safeMode -> safe: disarm startup, report safe
    halted + halted -> safe: disarm startup, disarm stable
    halted + missingTypes(["x"]) -> unhealthy: disarm startup, disarm stable, raise instance.missing-types, report unhealthy (The flows wait for node …)
    halted + credentialsUnreadable -> safe: raise instance.credentials-unreadable
    halted + flowsUnreadable -> safe: remembers it
    halted + exited(code(1) after 59 s) -> backing-off: disarm startup, disarm stable, pause 1, no probe, report backing-off (Node-RED ended with exit…)
    halted + exited(code(1) after 60 s) -> backing-off: disarm startup, disarm stable, pause 1, no probe, report backing-off (Node-RED ended with exit…)
    halted + exited(code(78) after 1 s) -> crashed: disarm startup, disarm stable, no probe, raise instance.flows-unreadable, report crashed (flows.json cannot be rea…)
    halted + probeMissed -> safe: remembers it
    halted + elapsed(startup) -> safe: remembers it
    undoing + start -> stopping: remembers it
    undoing + restart -> stopping: remembers it
    undoing + spawned(pid: 8) -> stopping: terminate 8, arm grace 20
    undoing + refused(stackMissing) -> stopped: report stopped
    undoing + refused(diskFull) -> stopped: report stopped
    stopping + start -> stopping: remembers it
    stopping + restart -> stopping: remembers it
    stopping + kill -> stopping: kill 7, arm grace 20
    stopping + exited(code(1) after 59 s) -> stopped: disarm grace, report stopped
    stopping + exited(code(1) after 60 s) -> stopped: disarm grace, report stopped
    stopping + exited(code(78) after 1 s) -> stopped: disarm grace, report stopped
    stopping + elapsed(grace) -> stopping: kill 7, arm grace 20
    restarting + stop -> stopping: remembers it
    restarting + kill -> stopping: kill 7, arm grace 20
    restarting + exited(code(1) after 59 s) -> starting: disarm grace, spawn, report starting
    restarting + exited(code(1) after 60 s) -> starting: disarm grace, spawn, report starting
    restarting + exited(code(78) after 1 s) -> starting: disarm grace, spawn, report starting
    restarting + elapsed(grace) -> stopping: kill 7, arm grace 20
    waiting + start -> starting: disarm backoff, spawn, report starting
    waiting + stop -> stopped: disarm backoff, report stopped
    waiting + restart -> starting: disarm backoff, spawn, report starting
    waiting + kill -> stopped: disarm backoff, report stopped
    waiting + elapsed(backoff) -> starting: spawn, report starting
    broken + start -> starting: spawn, report starting
    broken + stop -> stopped: clear instance.stack-missing, report stopped
    broken + restart -> starting: spawn, report starting
    broken + kill -> stopped: clear instance.stack-missing, report stopped
    """
