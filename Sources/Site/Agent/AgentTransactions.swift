package import Basics
package import Domain
import Synchronization

/// Brings this device from one snapshot to the next, as `TransactionMachine` decides: writes the
/// record, does the step, tells the machine how it ended.
package actor AgentTransactions {
    package struct Parts: Sendable {
        package var journal: AgentJournal
        package var vault: Vault
        package var source: any AgentSource
        package var stage: AgentStage
        package var runtime: AgentRuntime
        package var records: AgentRecords
        package var lease: AgentLease
        package var disk: AgentDisk
        package var clock: AgentClock
        /// Between tries of a fetch or a way back.
        package var backoff: Backoff
        /// How often window and machine are asked again.
        package var patience: Duration
        package init(
            journal: AgentJournal, vault: Vault, source: any AgentSource, stage: AgentStage,
            runtime: AgentRuntime, records: AgentRecords, lease: AgentLease, disk: AgentDisk,
            clock: AgentClock,
            backoff: Backoff = Backoff(first: .seconds(2), limit: .seconds(300)),
            patience: Duration = .seconds(30)
        ) {
            self.journal = journal
            self.vault = vault
            self.source = source
            self.stage = stage
            self.runtime = runtime
            self.records = records
            self.lease = lease
            self.disk = disk
            self.clock = clock
            self.backoff = backoff
            self.patience = patience
        }
    }

    /// Something that the appliance should know has changed.
    package nonisolated let changes: AsyncStream<Void>
    nonisolated let change: AsyncStream<Void>.Continuation

    let parts: Parts
    let device: Device.ID
    let log = Log("agent")
    var machine: TransactionMachine
    private var step: Task<Void, Never>?
    private var generation = 0
    var committed: DesiredDocument?
    var wanted: DesiredDocument?
    /// Off or on, and who works on it: no part of the transaction.
    var standing: AgentStanding?
    var isStandingSaved = true
    var inline: [ContentAddress: [UInt8]] = [:]
    var progress: (done: Int64, of: Int64) = (0, 0)
    var until: Timestamp?
    /// Revision that switches whatever machine and window say.
    var override: Int64?
    /// With the appliance, since the switch.
    var hasContact = false
    /// Why what should run does not.
    var trouble: String?
    /// Why nothing can be written down.
    var diskTrouble: String?
    /// What came while that was so.
    var unsaved: (document: DesiredDocument, retry: Bool)?
    var saving: Task<Void, Never>?
    /// What this hardware was enrolled as before.
    private let former: Device.ID?

    package init(_ parts: Parts, device: Device.ID) {
        self.parts = parts
        self.device = device
        var record = parts.journal.load()
        let known = [record.committed, record.revision].compactMap(parts.journal.document)
        former = known.map(\.device.id).first { $0 != device }
        if former != nil { record = TransactionRecord() }
        machine = TransactionMachine(record: record)
        committed = parts.journal.document(record.committed)
        wanted = parts.journal.document(record.revision)
        // An older agent wrote none.
        let newest = [committed, wanted].compactMap(\.self).max { $0.revision < $1.revision }
        let kept = former == nil ? parts.journal.standing() : nil
        standing = kept ?? newest.map(AgentStanding.init)
        (changes, change) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    // MARK: What others ask

    package var state: AgentTransaction {
        let record = machine.record
        var state = AgentTransaction(
            phase: record.phase, revision: record.revision, deployment: record.deployment,
            reason: record.reason)
        if record.phase == .fetch { (state.done, state.of) = progress }
        if record.phase == .probation || record.phase == .waiting { state.until = until }
        if record.phase == .probation { state.contact = hasContact }
        return state
    }

    /// What runs, or would if it were not stopped.
    package var running: DesiredDocument? {
        let revision = machine.record.running.revision
        if committed?.revision == revision { return committed }
        return wanted?.revision == revision ? wanted : nil
    }

    package var problem: String? {
        if let trouble = trouble ?? diskTrouble { return trouble }
        switch machine.record.phase {
        case .failed, .inconsistent: return machine.record.reason
        default: return nil
        }
    }

    /// Once, before anything else.
    package func boot() async {
        if let former { await leave(former) }
        if let standing { await parts.runtime.order(standing.run) }
        await feed(.booted)
    }

    /// Whatever ran for the device that this hardware was before runs no more: its revisions mean
    /// other snapshots.
    private func leave(_ former: Device.ID) async {
        log.notice("this was device \(former) and is \(device) now: it starts afresh")
        await parts.runtime.stopAll(former)
        await parts.stage.clean(keeping: nil, trees: [])
        parts.journal.forgetAll()
    }

    /// Ends the step under way; nothing is lost, the next start does it again.
    package func letGo() async {
        generation += 1
        step?.cancel()
        saving?.cancel()
        await step?.value
        change.finish()
    }

    /// - Returns: whether it was taken; an older document than the one that is known is not.
    @discardableResult
    package func desire(_ document: DesiredDocument, retry: Bool) async throws(SystemError) -> Bool
    {
        guard isNews(document) else { return false }
        // Before anything that a full disk or a switch could hold up.
        await stand(document)
        guard isNews(document) else { return false }
        do throws(SystemError) {
            try save { () throws(SystemError) in try parts.journal.save(document) }
        } catch {
            unsaved = (document, retry)
            saveLater()
            throw error
        }
        unsaved = nil
        inline = document.inline
        var document = document
        document.inline = [:]
        if committed == nil, document.revision == machine.record.committed, isSettled {
            // It was lost on the disk: what is staged runs again.
            committed = document
            perform(.run)
        }
        let same = isSettled && committed.map { document.runsTheSame(as: $0) } ?? false
        // What may change without a switch does so at once.
        if same {
            committed = document
            await parts.runtime.take(document)
        }
        let failed = machine.record.phase == .failed ? wanted : nil
        let wish = TransactionMachine.Wish(
            revision: document.revision, deployment: document.deployment,
            hasContent: document.snapshot != nil, runsAlready: same,
            failedAlready: failed.map { document.asksNoMore(than: $0) } ?? false)
        if !machine.record.phase.isBusy { wanted = document } else { next = document }
        await feed(.desired(wish, retry: retry))
        if machine.record.phase == .waiting { restartStep() }
        return true
    }
    var next: DesiredDocument?

    /// Whether what is committed is what runs.
    private var isSettled: Bool {
        switch machine.record.phase {
        case .idle, .fetch, .verify, .stage, .waiting, .failed: true
        case .switch, .probation, .commit, .rollback, .inconsistent: false
        }
    }

    /// - Parameter reason: who takes the responsibility; it goes into the log.
    /// - Returns: whether something waits; only that is meant, and nothing that comes after it.
    @discardableResult
    package func overrideDefer(_ reason: String) async -> Bool {
        guard machine.record.phase == .waiting else { return false }
        override = machine.record.revision
        await parts.records.note(
            .warn, "The switch goes on although the machine says \"not now\": \(reason)",
            at: parts.clock.now())
        if machine.record.phase == .waiting { restartStep() }
        return true
    }

    /// Who waits need not wait for the next look.
    package func leaseChanged() {
        if machine.record.phase == .waiting { restartStep() }
    }

    /// Name of the snapshot that waits for a "go".
    package var waiting: String? {
        machine.record.phase == .waiting ? wanted?.snapshot?.name : nil
    }

    /// The appliance has heard this device.
    package func wasHeard() {
        if machine.record.phase == .probation, !hasContact { change.yield() }
        hasContact = true
    }

    /// It can be reached again.
    package func contact() {
        if machine.record.phase == .fetch, isPausing { restartStep() }
    }

    // MARK: The machine

    private func feed(_ event: TransactionMachine.Event) async {
        for action in machine.apply(event) {
            switch action {
            case .journal(let record):
                do throws(SystemError) {
                    try save { () throws(SystemError) in try parts.journal.save(record) }
                } catch {
                    // Without its record no step may begin: what runs goes on.
                    return pause(parts.patience.milliseconds) { await $0.feedAgain(event) }
                }
                trouble = nil
                log.info("revision \(record.revision): \(record.phase.rawValue)")
                if next?.revision == record.revision { (wanted, next) = (next, nil) }
            case .abandon: abandon()
            default: perform(action)
            }
        }
        change.yield()
    }

    /// After a record that could not be written the machine is put back to the last one that was.
    private func feedAgain(_ event: TransactionMachine.Event) async {
        machine = TransactionMachine(record: parts.journal.load())
        switch event {
        case .desired: await feed(event)
        default: await feed(.booted)
        }
    }

    private func abandon() {
        generation += 1
        // It is still waited for: two steps at once would disturb each other.
        step?.cancel()
        isPausing = false
    }

    private var current: TransactionMachine.Action?
    private var isPausing = false

    private func perform(_ action: TransactionMachine.Action) {
        if action == .run { return queue { await $0.runCommitted() } }
        if case .retry(let attempt) = action {
            let pause = parts.backoff.pause(attempt: attempt, jitter: .random(in: 0...1))
            return self.pause(pause.milliseconds) { await $0.feed(.retryElapsed) }
        }
        current = action
        until = nil
        queue { await $0.work(action) }
    }

    func restartStep() {
        guard let current else { return }
        abandon()
        queue { await $0.work(current) }
    }

    /// One step after the other.
    private func queue(_ body: @escaping @Sendable (AgentTransactions) async -> Void) {
        generation += 1
        let former = step
        step = Task { [weak self] in
            await former?.value
            guard !Task.isCancelled, let self else { return }
            await body(self)
        }
    }

    private func pause(
        _ milliseconds: Int64, _ body: @escaping @Sendable (AgentTransactions) async -> Void
    ) {
        isPausing = true
        generation += 1
        step = Task { [weak self] in
            do { try await Task.sleep(for: .milliseconds(milliseconds)) } catch { return }
            await self?.paused()
            if let self { await body(self) }
        }
    }

    private func paused() { isPausing = false }

    private func end(_ generation: Int, _ event: TransactionMachine.Event) async {
        guard generation == self.generation, !Task.isCancelled else { return }
        await feed(event)
    }

    private func work(_ action: TransactionMachine.Action) async {
        let generation = generation
        guard let event = await outcome(of: action) else { return }
        await end(generation, event)
    }

    private func outcome(
        of action: TransactionMachine.Action
    ) async -> TransactionMachine.Event? {
        switch action {
        case .fetch: await fetch()
        case .verify: await verify()
        case .stage(_, let slot): await stage(slot)
        case .awaitGo: await awaitGo()
        case .switchOver(let from, let to): await switchOver(from, to)
        case .probe(_, let slot): await probe(slot)
        case .commit: await commit()
        case .rollBack: await rollBack()
        case .journal, .abandon, .run, .retry: nil
        }
    }
}

extension AgentTransaction.Phase {
    /// Steps that are not left for another wish.
    fileprivate var isBusy: Bool {
        switch self {
        case .switch, .probation, .commit, .rollback: true
        case .idle, .fetch, .verify, .stage, .waiting, .failed, .inconsistent: false
        }
    }
}
