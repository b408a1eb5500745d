package import Basics

extension DeploymentMachine {
    /// Goes as far as it can now. To be called after everything that came in, and again while it
    /// has something to send.
    /// - Parameter limit: devices that one `send` may name.
    package mutating func advance(_ moment: Moment, limit: Int = 500) -> [Action] {
        expire(at: moment.now)
        switch deployment.state {
        case .running: break
        case .paused: return stopOnErrors(at: moment.now) ?? []
        case .stopping:
            endStopping(at: moment.now)
            return []
        case .ready, .awaitingApproval, .stopped, .finished, .cancelled: return []
        }
        if let actions = stopOnErrors(at: moment.now) { return actions }
        while let current = steps.firstIndex(where: { $0.state != .finished }) {
            begin(current, at: moment.now)
            guard pass(current, at: moment.now) else { break }
        }
        if let actions = stopOnErrors(at: moment.now) { return actions }
        if finish(at: moment.now) { return [.clearAlarm] }
        return send(moment, limit: limit)
    }

    /// When `advance` has to be called again even if nothing comes in; `nil`: never.
    package func wake(_ moment: Moment) -> Timestamp? {
        var moments: [Timestamp] = []
        if deployment.state == .running, let current = steps.first(where: { $0.state == .running }),
            let settled = current.settledAt
        {
            moments.append(settled + .seconds(deployment.plan.soakSeconds))
        }
        for (position, device) in devices.enumerated() {
            if let end = patience(position, device) { moments.append(end) }
        }
        let hasWork = devices.contains { $0.state == .pending || $0.state == .busy }
        if hasWork, deployment.state == .running {
            switch moment.window {
            case .none: break
            case .open(let opening): moments.append(opening.to)
            case .closed(let next): if let next { moments.append(next) }
            }
        }
        return moments.filter { $0 > moment.now }.min()
    }

    /// Until when it is waited for; `nil`: for as long as it takes.
    private func patience(_ position: Int, _ device: DeploymentDevice) -> Timestamp? {
        let watch = watches[position]
        let isInPlay =
            device.state.isUnderWay
            || (device.state == .pending && steps[device.step].state != .waiting)
        if !watch.isConnected, isInPlay {
            return watch.lostAt + .seconds(deployment.plan.offlineGraceSeconds)
        }
        if watch.isConnected, device.state == .sent || device.state == .updating {
            return watch.progressAt + .seconds(deployment.plan.silenceSeconds)
        }
        return nil
    }

    private mutating func expire(at now: Timestamp) {
        for position in devices.indices {
            guard let end = patience(position, devices[position]), end <= now else { continue }
            if watches[position].isConnected {
                set(
                    position, .failed,
                    "Nothing came of it for \(deployment.plan.silenceSeconds) seconds.", at: now)
            } else {
                set(position, .offline, "It is away, and gets it when it returns.", at: now)
            }
        }
    }

    /// Every step that has begun counts, those too that were left behind.
    private mutating func stopOnErrors(at now: Timestamp) -> [Action]? {
        for step in steps.indices where steps[step].state != .waiting {
            let judge = RolloutJudge(plan: deployment.plan, step: step)
            guard let verdict = judge.stop(counts(of: step)), let reason = verdict.reason else {
                continue
            }
            steps[step].verdict = verdict
            enter(.stopping, reason, at: now)
            let actions = recallUnderWay(at: now)
            endStopping(at: now)
            return actions + [.raiseAlarm(reason)]
        }
        return nil
    }

    /// What is being switched comes to its end; what is only fetched, or lies with a device that is
    /// away, is taken back.
    mutating func recallUnderWay(at now: Timestamp) -> [Action] {
        var recalled: [Device.ID] = []
        for position in devices.indices {
            let device = devices[position]
            let isTold = device.state.isUnderWay || device.state.comesLater
            guard isTold, device.revision != nil, !isSwitching(position) else { continue }
            recalled.append(device.id)
            devices[position].revision = nil
            if !device.state.comesLater {
                set(position, .pending, "It was taken back before it began.", at: now)
            }
            changed.insert(position)
        }
        return recalled.isEmpty ? [] : [.recall(recalled)]
    }

    func isSwitching(_ position: Int) -> Bool {
        guard devices[position].state == .updating else { return false }
        switch watches[position].phase {
        case .switch, .probation, .commit, .rollback: return true
        // A stock agent installs without saying how far it is.
        case .idle: return devices[position].text == DeviceState.starting.rawValue
        case .fetch, .verify, .stage, .waiting, .failed, .inconsistent: return false
        }
    }

    private mutating func endStopping(at now: Timestamp) {
        guard !devices.contains(where: { $0.state.isUnderWay }) else { return }
        enter(.stopped, deployment.reason, at: now)
    }

    private mutating func begin(_ step: Int, at now: Timestamp) {
        guard steps[step].state == .waiting else { return }
        steps[step].state = .running
        steps[step].startedAt = now
        isHeadChanged = true
        // Who has been away for long is not waited for.
        expire(at: now)
    }

    /// - Returns: whether the next step may begin.
    private mutating func pass(_ step: Int, at now: Timestamp) -> Bool {
        let judge = RolloutJudge(plan: deployment.plan, step: step)
        let isProven = devices.contains { $0.state == .updated }
        var counts = counts(of: step)
        if counts.judged == 0, !isProven, substitute(into: step, at: now) {
            counts = self.counts(of: step)
        }
        let settled = judge.isReached(counts) ? steps[step].settledAt ?? now : nil
        if settled != steps[step].settledAt {
            steps[step].settledAt = settled
            isHeadChanged = true
        }
        let verdict = judge.verdict(counts, settledAt: settled, isProven: isProven, now: now)
        if verdict != steps[step].verdict {
            steps[step].verdict = verdict
            isHeadChanged = true
        }
        guard verdict == .advance else { return false }
        steps[step].state = .finished
        steps[step].finishedAt = now
        isHeadChanged = true
        return true
    }

    /// Where nobody of a step can be reached and nobody has proven the snapshot, others that can
    /// be reached take their turn: an empty canary proves nothing.
    private mutating func substitute(into step: Int, at now: Timestamp) -> Bool {
        let most = max(1, devices.count { $0.step == step })
        let found = devices.indices.filter { position in
            devices[position].step > step && devices[position].state == .pending
                && watches[position].isConnected
        }.prefix(most)
        for position in found {
            devices[position].step = step
            changed.insert(position)
        }
        return !found.isEmpty
    }

    private mutating func finish(at now: Timestamp) -> Bool {
        guard steps.allSatisfy({ $0.state == .finished }) else { return false }
        let counts = counts()
        let open = counts[.pending] + counts.underWay + counts[.offline] + counts[.developer]
        guard open == 0 else { return false }
        enter(.finished, nil, at: now)
        return true
    }

    private mutating func note(_ reason: String?) {
        guard deployment.reason != reason else { return }
        deployment.reason = reason
        isHeadChanged = true
    }

    private mutating func send(_ moment: Moment, limit: Int) -> [Action] {
        if let obstacle = obstacle(moment) {
            note(obstacle)
            return []
        }
        if case .open(let opening) = moment.window {
            if let told = toldOpening, told != opening { remind(at: moment.now) }
            toldOpening = opening
        }
        note(rest)
        let turn = devices.indices.filter { position in
            devices[position].state == .pending && watches[position].isConnected
                && steps[devices[position].step].state != .waiting
        }.prefix(limit)
        for position in turn {
            devices[position].attempts += 1
            devices[position].revision = nil
            watches[position].progressAt = moment.now
            set(position, .sent, nil, at: moment.now)
        }
        return turn.isEmpty ? [] : [.send(turn.map { devices[$0].id })]
    }

    /// Why no machine may be touched now though some wait for it.
    private func obstacle(_ moment: Moment) -> String? {
        guard devices.contains(where: { $0.state == .pending || $0.state == .busy }) else {
            return nil
        }
        switch moment.window {
        case .none: return nil
        case .closed(let next?): return "Its maintenance window opens at \(next.rfc3339)."
        case .closed(nil): return "Its maintenance window opens no more."
        case .open(let opening):
            let need = moment.updateSeconds ?? 0
            guard moment.now + .seconds(need) > opening.to else { return nil }
            return "A device takes about \(need) seconds, and the window closes at "
                + "\(opening.to.rfc3339)."
        }
    }

    /// What it still stands for when every step is through.
    private var rest: String? {
        guard steps.allSatisfy({ $0.state == .finished }) else { return nil }
        let counts = counts()
        var parts = ["\(counts[.offline]) away"]
        if counts[.developer] > 0 { parts.append("\(counts[.developer]) set apart") }
        parts.append("\(counts[.pending] + counts.underWay) under way")
        return parts.joined(separator: ", ") + "."
    }

    /// Busy devices wait within the window that they know; the next one is told to them anew.
    private mutating func remind(at now: Timestamp) {
        for position in devices.indices where devices[position].state == .busy {
            set(position, .pending, nil, at: now)
        }
    }
}
