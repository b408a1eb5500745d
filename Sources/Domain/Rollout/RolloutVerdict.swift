package import Basics

/// What a step of a deployment says about going on. Failures are judged before successes.
package enum RolloutVerdict: Sendable, Equatable {
    case advance
    /// Not yet; one sentence why.
    case hold(String)
    /// Not at all; one sentence why.
    case stop(String)

    package var word: String {
        switch self {
        case .advance: "advance"
        case .hold: "hold"
        case .stop: "stop"
        }
    }

    package var reason: String? {
        switch self {
        case .advance: nil
        case .hold(let reason), .stop(let reason): reason
        }
    }
}

/// The devices of a step, counted by how they stand.
package struct RolloutCounts: Sendable, Equatable {
    package private(set) var byState: [DeploymentDevice.State: Int] = [:]

    package init() {}

    package init(_ states: some Sequence<DeploymentDevice.State>) {
        for state in states { byState[state, default: 0] += 1 }
    }

    package mutating func add(_ state: DeploymentDevice.State, _ count: Int = 1) {
        byState[state, default: 0] += count
    }

    package subscript(state: DeploymentDevice.State) -> Int { byState[state] ?? 0 }

    package var total: Int { byState.values.reduce(0, +) }

    /// Those by which a step is judged: whoever is away, taken over by a newer deployment or gone
    /// neither blocks nor helps.
    package var judged: Int {
        total - byState.reduce(0) { $1.key.isExcluded ? $0 + $1.value : $0 }
    }

    package var underWay: Int { self[.sent] + self[.updating] + self[.busy] }
}

/// By what a step is judged.
package struct RolloutJudge: Sendable, Equatable {
    package var plan: RolloutPlan
    /// From 0 on.
    package var step: Int
    package init(plan: RolloutPlan, step: Int) {
        self.plan = plan
        self.step = step
    }

    /// So many failures stop the deployment.
    package func errorLimit(of judged: Int) -> Int {
        if plan.isCanary(step) { return 1 }
        // Rounded up: a share is reached when as many devices have failed, not before.
        let share = max(1, (judged * plan.errorPercent + 99) / 100)
        return min(share, plan.errorsAbsolute ?? .max)
    }

    package func successLimit(of judged: Int) -> Int {
        max(1, (judged * plan.success(of: step) + 99) / 100)
    }

    /// `nil`: failures are no reason to stop.
    package func stop(_ counts: RolloutCounts) -> RolloutVerdict? {
        let limit = errorLimit(of: counts.judged)
        let failed = counts[.failed]
        guard failed >= limit else { return nil }
        return .stop(
            "\(failed) of \(counts.judged) devices failed in step \(step + 1); "
                + "\(limit) \(limit == 1 ? "is" : "are") enough to stop.")
    }

    package func isReached(_ counts: RolloutCounts) -> Bool {
        counts.judged > 0 && counts[.updated] >= successLimit(of: counts.judged)
    }

    /// - Parameters:
    ///   - settledAt: since when enough of the step run the snapshot.
    ///   - isProven: whether any device of the deployment has run it well.
    package func verdict(
        _ counts: RolloutCounts, settledAt: Timestamp?, isProven: Bool, now: Timestamp
    ) -> RolloutVerdict {
        if let stop = stop(counts) { return stop }
        if counts.judged == 0 {
            if isProven || counts.total == counts[.superseded] + counts[.removed] {
                return .advance
            }
            return .hold("No device of this step can be reached, and none has run it yet.")
        }
        guard isReached(counts) else { return .hold(lack(counts)) }
        let end = (settledAt ?? now) + .seconds(plan.soakSeconds)
        guard now >= end else {
            return .hold("Watched until \(end.rfc3339): the snapshot shall prove itself.")
        }
        return .advance
    }

    private func lack(_ counts: RolloutCounts) -> String {
        var parts = [
            "\(counts[.updated]) of \(counts.judged) updated, "
                + "\(successLimit(of: counts.judged)) needed"
        ]
        if counts[.busy] > 0 { parts.append("\(counts[.busy]) say “not now”") }
        if counts[.failed] > 0 { parts.append("\(counts[.failed]) failed") }
        return parts.joined(separator: "; ") + "."
    }
}

extension RolloutCounts: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("total", total)
            for state in DeploymentDevice.State.allCases { json.field(state.rawValue, self[state]) }
        }
    }
}
