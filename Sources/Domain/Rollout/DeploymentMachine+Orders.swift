package import Basics

/// Why an order to a deployment is refused, in one sentence.
package struct DeploymentRefusal: Error, Sendable, Equatable {
    package let sentence: String
    package init(_ sentence: String) { self.sentence = sentence }
}

/// What a person may ask of a deployment.
package enum DeploymentOrder: String, Sendable, CaseIterable {
    case approve, pause, resume, cancel
    case retryFailed = "retry-failed"
    case returnUpdated = "return-updated"
}

extension DeploymentOrder {
    /// Whether a deployment takes it now.
    package func isTaken(by state: Deployment.State, _ counts: RolloutCounts) -> Bool {
        switch self {
        case .approve: state == .awaitingApproval
        case .pause: state == .running
        case .resume: state == .paused
        case .cancel: !state.isOver
        case .retryFailed:
            (state == .running || state == .paused || state == .stopped) && counts[.failed] > 0
        case .returnUpdated:
            (state == .paused || state.isOver) && counts[.updated] + counts[.failed] > 0
        }
    }
}

extension DeploymentMachine {
    package mutating func start(at now: Timestamp, needsApproval: Bool) {
        guard deployment.state == .ready else { return }
        enter(needsApproval ? .awaitingApproval : .running, nil, at: now)
    }

    /// - Parameter actor: whose order it is.
    package mutating func take(
        _ order: DeploymentOrder, by actor: Actor, at now: Timestamp
    ) throws(DeploymentRefusal) -> [Action] {
        guard order.isTaken(by: deployment.state, counts()) else {
            throw DeploymentRefusal(
                "A deployment that is \(deployment.state.rawValue) does not take "
                    + "“\(order.rawValue)” now.")
        }
        let name = actor.name
        switch order {
        case .approve:
            guard !isCreator(actor) else {
                throw DeploymentRefusal(
                    "You started this deployment: somebody else must approve it.")
            }
            enter(.running, nil, at: now)
            return []
        case .resume:
            enter(.running, nil, at: now)
            return []
        case .pause:
            enter(.paused, "Paused by \(name).", at: now)
            return []
        case .cancel:
            let actions = recallUnderWay(at: now)
            enter(.cancelled, "Cancelled by \(name).", at: now)
            return actions + [.clearAlarm]
        case .retryFailed:
            for position in devices.indices where devices[position].state == .failed {
                devices[position].revision = nil
                set(position, .pending, nil, at: now)
            }
            for step in steps.indices { reopen(step) }
            if deployment.state == .stopped { enter(.running, nil, at: now) }
            return [.clearAlarm]
        case .returnUpdated: return sendBack(by: name, at: now)
        }
    }

    /// A person is the same with each of his tokens and under another name. Names tell only where
    /// one side is no person.
    private func isCreator(_ actor: Actor) -> Bool {
        if let creator = deployment.creator, let user = actor.userID { return creator == user }
        return actor.name == deployment.createdBy
    }

    /// A step whose failures are tried again is judged again.
    private mutating func reopen(_ step: Int) {
        guard case .stop = steps[step].verdict else { return }
        steps[step].verdict = .hold("Its failures are tried again.")
        isHeadChanged = true
    }

    private mutating func sendBack(by name: String, at now: Timestamp) -> [Action] {
        var back: [Device.ID] = []
        for position in devices.indices where devices[position].state.canReturn {
            guard devices[position].formerSnapshotID != nil else {
                set(position, devices[position].state, "It ran nothing before.", at: now)
                continue
            }
            devices[position].revision = nil
            watches[position].progressAt = now
            set(position, .returning, nil, at: now)
            back.append(devices[position].id)
        }
        if deployment.state == .paused { enter(.stopped, "Returned by \(name).", at: now) }
        return (back.isEmpty ? [] : [.recall(back)]) + [.clearAlarm]
    }
}

extension DeploymentDevice.State {
    fileprivate var canReturn: Bool { self == .updated || self == .failed }
}
