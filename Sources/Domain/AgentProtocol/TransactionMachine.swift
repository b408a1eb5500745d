/// How a device comes from one snapshot to the next: fetch, verify, stage, wait, switch, probation,
/// then commit or rollback. It decides; whoever runs it acts.
///
/// The record is written down and synced before the step that it names begins, and every step may
/// be done again: after a power cut at any moment the former snapshot runs or the new one.
package struct TransactionMachine: Sendable, Equatable {
    package enum Event: Sendable, Equatable {
        /// The agent starts, with the record that the last one left.
        case booted
        case desired(Wish, retry: Bool)
        /// Not in reach, or not all of it came: it is tried again for ever.
        case fetchInterrupted(String)
        case fetched, verified, staged
        /// A chunk is not what its name says; it was removed.
        case damaged(String)
        /// Fetching, verifying or staging cannot succeed by trying again.
        case impossible(String)
        case notNow(String)
        case go
        case switched
        case switchFailed(String)
        case healthy
        case unhealthy(String)
        case committed
        case rolledBack
        case rollbackFailed(String)
        case retryElapsed
    }

    /// What the machine needs to know of a desired document.
    package struct Wish: Sendable, Equatable {
        package var revision: Int64
        package var deployment: String?
        package var hasContent: Bool
        /// It differs from what runs for good in nothing that would have to be switched.
        package var runsAlready: Bool
        /// It differs in nothing of the like from what failed.
        package var failedAlready: Bool
        package init(
            revision: Int64, deployment: String? = nil, hasContent: Bool = true,
            runsAlready: Bool = false, failedAlready: Bool = false
        ) {
            self.revision = revision
            self.deployment = deployment
            self.hasContent = hasContent
            self.runsAlready = runsAlready
            self.failedAlready = failedAlready
        }
    }

    package enum Action: Sendable, Equatable {
        /// On the disk before what follows it begins.
        case journal(TransactionRecord)
        /// Ends the step that is under way, whatever it is doing.
        case abandon
        case fetch(Int64)
        case verify(Int64)
        case stage(Int64, into: DeviceSlot)
        /// Answers `go` once neither window nor machine says "not now".
        case awaitGo(Int64)
        /// Stops what runs and takes over what the flows keep from the one to the other.
        case switchOver(from: DeviceSlot?, to: DeviceSlot?)
        /// Starts the new one and watches it.
        case probe(Int64, in: DeviceSlot)
        /// Removes what nobody needs any more.
        case commit(Int64)
        /// Stops the new one, and gives back what it took over.
        case rollBack(to: DeviceSlot?, from: DeviceSlot?)
        /// Starts what runs for good, if it does not run.
        case run
        case retry(attempt: Int)
    }

    /// Boots in the middle of a probation, after which it counts as failed: a snapshot may take the
    /// whole machine down with it.
    package static let mostStarts = 3
    /// Fetches that brought something damaged.
    package static let mostDamages = 3
    package static let mostRollbacks = 5

    package private(set) var record: TransactionRecord
    /// What came while a step could not be left.
    private var next: Wish?
    private var attempt = 0
    private var damages = 0
    private var rollbacks = 0
    private var why: String?

    package init(record: TransactionRecord) { self.record = record }

    /// To be told before `go`: written down with the switch, they are known after a power cut too.
    package mutating func remember(inError nodes: Set<String>) {
        record.remember(inError: nodes)
    }

    /// An event that does not belong to the present phase changes nothing.
    package mutating func apply(_ event: Event) -> [Action] {
        switch (event, record.phase) {
        case (.booted, _): return resume()
        case (.desired(let wish, let retry), _): return desired(wish, retry)
        case (.fetchInterrupted(let reason), .fetch):
            record.reason = reason
            attempt += 1
            return [.retry(attempt: attempt)]
        case (.retryElapsed, .fetch): return [.fetch(record.revision)]
        // A disk that takes nothing now: what lies there is looked at once more when it does.
        case (.fetchInterrupted(let reason), .stage):
            attempt += 1
            return enter(.fetch, reason: reason, [.retry(attempt: attempt)])
        case (.fetched, .fetch):
            return enter(.verify, [.verify(record.revision)])
        case (.damaged(let reason), .verify), (.damaged(let reason), .stage):
            damages += 1
            if damages >= Self.mostDamages { return fail(reason) }
            return enter(.fetch, reason: reason, [.fetch(record.revision)])
        case (.verified, .verify):
            guard let target = record.target else { return wait() }
            return enter(.stage, [.stage(record.revision, into: target)])
        case (.impossible(let reason), .fetch), (.impossible(let reason), .verify),
            (.impossible(let reason), .stage):
            return fail(reason)
        case (.staged, .stage):
            attempt = 0
            return wait()
        case (.notNow(let reason), .waiting):
            record.reason = reason
            return []
        case (.go, .waiting):
            return enter(.switch, [.switchOver(from: record.slot, to: record.target)])
        case (.switched, .switch): return probe()
        case (.switchFailed(let reason), .switch): return rollBack(reason)
        case (.healthy, .probation): return enter(.commit, [.commit(record.revision)])
        case (.unhealthy(let reason), .probation): return rollBack(reason)
        case (.committed, .commit): return settle()
        case (.rolledBack, .rollback): return fail(why ?? record.reason ?? "It went back.")
        case (.rollbackFailed(let reason), .rollback): return rollBackAgain(reason)
        case (.retryElapsed, .rollback): return [goBack]
        default: return []
        }
    }

    // MARK: What is wanted

    private mutating func desired(_ wish: Wish, _ retry: Bool) -> [Action] {
        switch record.phase {
        case .switch, .probation, .commit, .rollback:
            next = wish.revision == record.revision ? nil : wish
            return []
        case .fetch, .verify, .stage, .waiting:
            guard wish.revision != record.revision else { return [] }
            return [.abandon] + take(wish)
        case .idle:
            guard wish.revision != record.committed else { return [] }
            return take(wish)
        case .failed, .inconsistent:
            guard wish.revision != record.revision || retry else { return [] }
            guard wish.failedAlready, !retry, record.phase == .failed else { return take(wish) }
            // To be stopped or renamed is no new try.
            record.revision = wish.revision
            return [.journal(record)]
        }
    }

    private mutating func take(_ wish: Wish) -> [Action] {
        attempt = 0
        damages = 0
        record.deployment = wish.deployment
        record.starts = 0
        if wish.runsAlready, record.phase != .inconsistent {
            record.committed = wish.revision
            record.revision = wish.revision
            return enter(.idle, [.commit(wish.revision)])
        }
        record.revision = wish.revision
        record.hasContent = wish.hasContent
        guard wish.hasContent else { return wait() }
        return enter(.fetch, [.fetch(wish.revision)])
    }

    // MARK: Steps

    /// Every way into a phase: the record first, the step after it.
    private mutating func enter(
        _ phase: TransactionRecord.Phase, reason: String? = nil, _ actions: [Action]
    ) -> [Action] {
        record.phase = phase
        record.reason = reason
        return [.journal(record)] + actions
    }

    private mutating func wait() -> [Action] { enter(.waiting, [.awaitGo(record.revision)]) }

    private mutating func probe() -> [Action] {
        record.starts = 0
        guard let target = record.target else {
            return enter(.commit, [.commit(record.revision)])
        }
        return enter(.probation, [.probe(record.revision, in: target)])
    }

    private mutating func settle() -> [Action] {
        record.slot = record.target
        record.committed = record.revision
        record.hasContent = true
        record.starts = 0
        record.inError = []
        return enter(.idle, [.run]) + following()
    }

    private mutating func fail(_ reason: String) -> [Action] {
        why = nil
        return enter(.failed, reason: reason, [.run]) + following()
    }

    private mutating func following() -> [Action] {
        guard let wish = next else { return [] }
        next = nil
        return desired(wish, false)
    }

    // MARK: Back

    private var goBack: Action { .rollBack(to: record.slot, from: record.target) }

    private mutating func rollBack(_ reason: String) -> [Action] {
        why = reason
        rollbacks = 0
        return enter(.rollback, reason: reason, [goBack])
    }

    private mutating func rollBackAgain(_ reason: String) -> [Action] {
        rollbacks += 1
        guard rollbacks >= Self.mostRollbacks else { return [.retry(attempt: rollbacks)] }
        return enter(.inconsistent, reason: reason, [.run])
    }

    // MARK: After a start of the agent

    private mutating func resume() -> [Action] {
        switch record.phase {
        case .idle, .failed: return [.run]
        case .fetch, .verify, .stage:
            return [.run] + enter(.fetch, [.fetch(record.revision)])
        case .waiting:
            guard record.hasContent else { return [.run, .awaitGo(record.revision)] }
            // Whether everything still lies there is found out by doing it again.
            return [.run] + enter(.fetch, [.fetch(record.revision)])
        case .switch: return [.switchOver(from: record.slot, to: record.target)]
        case .probation:
            guard let target = record.target else {
                return enter(.commit, [.commit(record.revision)])
            }
            record.starts += 1
            if record.starts > Self.mostStarts {
                return rollBack(
                    "The device was started \(Self.mostStarts) times before the new snapshot had "
                        + "proved itself.")
            }
            return [.journal(record), .probe(record.revision, in: target)]
        case .commit: return [.commit(record.revision)]
        case .rollback, .inconsistent:
            return rollBack(record.reason ?? "It was interrupted on its way back.")
        }
    }
}
