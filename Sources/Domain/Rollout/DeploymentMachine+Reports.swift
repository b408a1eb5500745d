package import Basics

extension DeploymentMachine {
    /// Takes in how a device stands. Older news than what it was told last changes nothing.
    package mutating func observe(_ standing: DeviceStanding, at now: Timestamp) {
        guard let position = positions[standing.id] else { return }
        watch(position, standing, at: now)
        if setApart(position, standing, at: now) { return }
        switch devices[position].state {
        case .pending, .superseded, .removed, .returned: break
        case .offline, .developer:
            guard standing.isConnected else { break }
            // A device that is there again gets its time anew.
            watches[position].progressAt = now
            if devices[position].revision == nil {
                set(position, .pending, nil, at: now)
            } else {
                set(position, .sent, nil, at: now)
                judge(position, standing, at: now)
            }
        case .sent, .updating, .busy, .updated, .failed, .returning:
            judge(position, standing, at: now)
        }
    }

    /// A device that somebody works on takes no snapshot: it is not waited for, as one that is
    /// away is not. What is being switched already comes to its end.
    private mutating func setApart(
        _ position: Int, _ standing: DeviceStanding, at now: Timestamp
    ) -> Bool {
        let isOff = standing.phase == .waiting && standing.reason == AgentTransaction.off
        guard standing.isConnected, standing.mode == .developer || isOff else { return false }
        switch devices[position].state {
        case .pending, .sent, .busy, .offline, .developer: break
        case .updating: if isSwitching(position) { return false }
        case .updated, .failed, .superseded, .removed, .returning, .returned: return false
        }
        let text = isOff ? AgentTransaction.off : "Somebody works on it, and it gets it afterwards."
        set(position, .developer, text, at: now)
        return true
    }

    private mutating func watch(
        _ position: Int, _ standing: DeviceStanding, at now: Timestamp
    ) {
        var watch = watches[position]
        if standing.isConnected != watch.isConnected {
            // A device that comes back gets its time anew.
            watch.progressAt = now
            if !standing.isConnected { watch.lostAt = now }
        }
        if !standing.isConnected {
            watch.lostAt = min(watch.lostAt, max(standing.seenAt ?? watch.lostAt, .distantPast))
        }
        if standing.phase != watch.phase || standing.done != watch.done { watch.progressAt = now }
        watch.isConnected = standing.isConnected
        watch.phase = standing.phase
        watch.done = standing.done
        watches[position] = watch
    }

    private mutating func judge(_ position: Int, _ standing: DeviceStanding, at now: Timestamp) {
        let device = devices[position]
        guard let told = device.revision else { return }
        let isReturning = device.state == .returning
        guard let wanted = isReturning ? device.formerSnapshotID : deployment.snapshotID else {
            return
        }
        // A stock agent knows no revisions: what it runs is all that tells.
        let isStock = standing.revision == nil && standing.phaseRevision == nil
        let hasTaken = isStock || (standing.revision ?? 0) >= told
        let isAbout = isStock || (standing.phaseRevision ?? 0) >= told
        switch standing.phase {
        case .failed, .inconsistent:
            guard isAbout else { return }
            fail(position, standing, standing.reason ?? "The device went back by itself.", at: now)
        case .fetch, .verify, .stage, .switch, .probation, .rollback:
            guard isAbout, device.state != .updated, device.state != .failed else { return }
            if standing.phase != .fetch, standing.phase != .verify, standing.phase != .stage,
                device.fetchedAt == nil
            {
                devices[position].fetchedAt = now
                changed.insert(position)
            }
            if !isReturning { set(position, .updating, standing.phase.rawValue, at: now) }
        case .waiting:
            guard isAbout, device.state != .updated, device.state != .failed else { return }
            if device.fetchedAt == nil {
                devices[position].fetchedAt = now
                changed.insert(position)
            }
            guard !isReturning else { return }
            // Between "all is here" and "go" a device waits for a moment, for nobody.
            if let reason = standing.reason {
                set(position, .busy, reason, at: now)
            } else {
                set(position, .updating, standing.phase.rawValue, at: now)
            }
        case .idle, .commit:
            guard standing.snapshotID == wanted, hasTaken else {
                failStock(position, standing, isStock, at: now)
                return
            }
            switch standing.state {
            case .crashed, .safe, .error:
                fail(
                    position, standing,
                    standing.reason ?? "It runs the snapshot and is \(standing.state.rawValue).",
                    at: now)
            case .starting, .updating:
                if device.state == .sent || device.state == .busy {
                    set(position, .updating, standing.state.rawValue, at: now)
                }
            default: set(position, isReturning ? .returned : .updated, nil, at: now)
            }
        }
    }

    private mutating func failStock(
        _ position: Int, _ standing: DeviceStanding, _ isStock: Bool, at now: Timestamp
    ) {
        let device = devices[position]
        guard isStock, standing.state == .error, device.state != .updated,
            let sent = device.sentAt, let seen = standing.seenAt, seen > sent
        else { return }
        fail(
            position, standing, standing.reason ?? "The agent could not install the snapshot.",
            at: now)
    }

    private mutating func fail(
        _ position: Int, _ standing: DeviceStanding, _ text: String, at now: Timestamp
    ) {
        set(position, .failed, String(text.prefix(500)), at: now)
    }
}

extension Timestamp {
    fileprivate static let distantPast = Timestamp(milliseconds: 0)
}
