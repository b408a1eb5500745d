import Basics

/// Whether a new snapshot does its work, judged by the flow itself. Contact with the appliance is
/// asked for only where the document says so.
package struct ProbationJudge: Sendable {
    package enum Verdict: Sendable, Equatable {
        case watching
        case good
        case bad(String)
    }

    /// Ends of the process by itself that are forgiven.
    private static let endsForgiven = 1
    /// Questions without an answer, one behind the other, that are too many.
    private static let missesTooMany = 2
    /// A slow board with many nodes starts within that; who has a former snapshot does not wait
    /// longer for one that does not.
    private static let startLimit = Duration.seconds(300)
    /// Nodes and samples that are remembered.
    private static let most = 1000

    private let rule: DesiredDocument.Probation
    /// Nodes that were in error with the former snapshot; `nil`: there was none to go back to.
    private let before: Set<String>?
    private var runsSince: Duration?
    private var detail: String?
    private var failure: String?
    private var lags: [Double] = []
    /// Questions without an answer since the last one that was answered; `nil`: none was asked.
    private var misses: Int?
    private var hasContact: Bool

    package init(
        _ rule: DesiredDocument.Probation, before: Set<String>?, hasContact: Bool
    ) {
        self.rule = rule
        self.before = before
        self.hasContact = hasContact
    }

    /// - Parameter now: of a clock that only runs forward.
    package mutating func state(
        _ state: InstanceState, detail: String?, restarts: Int, at now: Duration
    ) {
        if restarts > Self.endsForgiven {
            failure = failure ?? "Node-RED ended by itself, more than once."
        }
        self.detail = detail
        switch state {
        case .running: runsSince = runsSince ?? now
        case .safe, .crashed, .unhealthy:
            failure = failure ?? detail ?? "Node-RED is \(state.rawValue)."
        case .stopped, .starting, .stopping, .backingOff: runsSince = nil
        }
    }

    /// - Parameter node: its id.
    package mutating func error(of node: String, named name: String, type: String, _ text: String) {
        guard let before, !before.contains(node) else { return }
        let called = name.isEmpty ? "\(type) \(node)" : "“\(name)”"
        let line = text.prefix { $0 != "\n" }.prefix(200)
        failure = failure ?? "The node \(called) is in error and was not before: \(line)"
    }

    package mutating func lag(_ milliseconds: Double) {
        if lags.count < Self.most { lags.append(milliseconds) }
    }

    /// Node-RED was asked whether it lives: a blocked event loop says nothing of itself.
    /// - Parameter delay: `nil`: it did not answer within some seconds.
    package mutating func answer(after delay: Duration?) {
        if let delay {
            misses = 0
            return lag(Double(delay.milliseconds))
        }
        let count = (misses ?? 0) + 1
        misses = count
        if count >= Self.missesTooMany {
            failure = failure ?? "Node-RED does not answer: most often a flow keeps it busy."
        }
    }

    package mutating func contact() { hasContact = true }

    /// When `verdict` may be another than `watching`, nothing else happening; `nil`: it waits for
    /// the flows to start.
    package var endsAt: Duration? {
        guard let runsSince else { return before == nil ? nil : Self.startLimit }
        return runsSince + .seconds(rule.seconds)
    }

    package func verdict(at now: Duration) -> Verdict {
        if let failure { return .bad(failure) }
        guard let endsAt, now >= endsAt else { return .watching }
        guard runsSince != nil else {
            return .bad(detail ?? "Its flows had not started after 5 minutes.")
        }
        // Nothing bad was heard: that counts only of one who can be heard.
        if rule.seconds > 0, misses != 0 { return .watching }
        if before != nil, let lag = median, lag > Double(rule.lagMS) {
            return .bad(
                "The event loop is late by \(Int(lag)) ms; \(rule.lagMS) ms are allowed.")
        }
        if rule.needsServer, !hasContact {
            return .bad("The appliance could not be reached while the snapshot was on probation.")
        }
        return .good
    }

    /// The first sample is of the start, which is always late.
    private var median: Double? {
        let counted = lags.dropFirst().sorted()
        return counted.isEmpty ? nil : counted[counted.count / 2]
    }
}
