package import Basics

/// What came of running test cases on the flows of one version.
package struct FlowTestRun: Sendable, Equatable {
    package typealias ID = Identifier<FlowTestRun>
    /// Older ones of an instance are forgotten.
    package static let kept = 100

    package enum State: String, Sendable, CaseIterable {
        /// Also while it waits for its turn.
        case running
        case passed, failed
        /// The tests could not be run to their end.
        case error
    }

    package let id: ID
    package let instanceID: Instance.ID
    /// `nil` once the version is gone.
    package let versionID: Version.ID?
    package let versionNumber: Int
    package let startedAt: Timestamp
    package var finishedAt: Timestamp?
    package let by: String?
    package var state: State
    package var result: FlowTestResult

    package var passed: Int { result.cases.count { $0.state == .passed } }
    package var failed: Int { result.cases.count { $0.state == .failed || $0.state == .error } }

    package init(
        id: ID, instanceID: Instance.ID, versionID: Version.ID?, versionNumber: Int,
        startedAt: Timestamp, finishedAt: Timestamp? = nil, by: String?, state: State = .running,
        result: FlowTestResult
    ) {
        self.id = id
        self.instanceID = instanceID
        self.versionID = versionID
        self.versionNumber = versionNumber
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.by = by
        self.state = state
        self.result = result
    }

    /// Once every case has been tried, or the run was broken off with a sentence.
    package mutating func finish(at moment: Timestamp, detail: String? = nil) {
        result.detail = detail ?? result.detail
        for index in result.cases.indices where !result.cases[index].state.isFinal {
            result.cases[index].state = .error
            result.cases[index].detail = detail ?? "It was not run."
        }
        finishedAt = moment
        let states = result.cases.map(\.state)
        state =
            result.detail != nil || states.contains(.error)
            ? .error : states.contains(.failed) ? .failed : .passed
    }
}

/// The cases of a run with their steps.
package struct FlowTestResult: Sendable, Equatable {
    /// Why it was broken off.
    package var detail: String?
    package var cases: [FlowTestOutcome]

    package init(detail: String? = nil, cases: [FlowTestOutcome]) {
        self.detail = detail
        self.cases = cases
    }
}

/// What came of one case.
package struct FlowTestOutcome: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable {
        case queued, running, passed, failed, error
        package var isFinal: Bool { self != .queued && self != .running }
    }

    package struct Step: Sendable, Equatable {
        package enum State: String, Sendable, CaseIterable { case passed, failed, skipped }
        package var index: Int
        package var state: State
        /// What it does, for people.
        package var text: String
        /// What was wrong.
        package var detail: String?
        /// JSON as text, cut where it is long.
        package var expected: String?
        package var got: String?
        package var milliseconds: Int?

        package init(
            index: Int, state: State, text: String, detail: String? = nil,
            expected: String? = nil, got: String? = nil, milliseconds: Int? = nil
        ) {
            self.index = index
            self.state = state
            self.text = text
            self.detail = detail
            self.expected = expected
            self.got = got
            self.milliseconds = milliseconds
        }
    }

    package var name: String
    package var state: State
    package var milliseconds: Int
    /// Why it could not be run to its end.
    package var detail: String?
    package var steps: [Step]
    /// What nodes warned of, and what the runner has to say.
    package var log: [String]

    package init(
        name: String, state: State = .queued, milliseconds: Int = 0, detail: String? = nil,
        steps: [Step] = [], log: [String] = []
    ) {
        self.name = name
        self.state = state
        self.milliseconds = milliseconds
        self.detail = detail
        self.steps = steps
        self.log = log
    }
}
