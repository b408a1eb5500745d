import Basics
import Domain

/// Each step may be done again, and answers with how it ended; `nil` where it was given up.
extension AgentTransactions {
    private static let lost = TransactionMachine.Event.impossible(
        "The desired document is no longer on the disk.")

    private var fetcher: AgentFetch {
        AgentFetch(from: parts.source, into: parts.vault, on: parts.disk)
    }

    func fetch() async -> TransactionMachine.Event? {
        guard let wanted else { return Self.lost }
        guard let content = wanted.snapshot else { return .fetched }
        do throws(AgentFetchFault) {
            try await fetcher.fetch(content, inline: inline) { [weak self] done, of in
                await self?.progressed(done, of)
            }
            return .fetched
        } catch {
            switch error {
            case .interrupted(let text): return .fetchInterrupted(text)
            case .impossible(let text): return .impossible(text)
            }
        }
    }

    /// A status for each percent is enough.
    private func progressed(_ done: Int64, _ of: Int64) {
        let step = max(of / 100, 1)
        let isNews = of != progress.of || done == of || done / step > progress.done / step
        progress = (done, of)
        if isNews { change.yield() }
    }

    private func manifest(
        _ document: DesiredDocument
    ) async throws(AgentFetchFault) -> AgentManifest? {
        guard let content = document.snapshot else { return nil }
        // What was staged once runs, whatever became of the vault since.
        if let kept = parts.journal.manifest(document.revision) { return kept }
        return try await fetcher.manifest(of: content)
    }

    func verify() async -> TransactionMachine.Event? {
        guard let wanted else { return Self.lost }
        do throws(AgentFetchFault) {
            guard let manifest = try await manifest(wanted) else { return .verified }
            if let damage = await fetcher.damage(in: manifest.contents) { return .damaged(damage) }
            return .verified
        } catch {
            if case .impossible(let text) = error { return .impossible(text) }
            return .damaged("\(error)")
        }
    }

    private func load(
        _ document: DesiredDocument, _ slot: DeviceSlot
    ) async throws(AgentFetchFault) -> AgentRuntime.Load? {
        guard let manifest = try await manifest(document) else { return nil }
        return AgentRuntime.Load(slot: slot, document: document, manifest: manifest)
    }

    func stage(_ slot: DeviceSlot) async -> TransactionMachine.Event? {
        guard let wanted else { return Self.lost }
        do throws(AgentFetchFault) {
            guard let load = try await load(wanted, slot) else { return .staged }
            do throws(AgentStageFault) {
                try await parts.stage.stage(load)
                try await keepManifest(of: wanted)
                return .staged
            } catch {
                switch error {
                case .damaged(let text): return .damaged(text)
                case .impossible(let text): return .impossible(text)
                case .waits(let text):
                    // What is half there takes the room from those who need it.
                    await parts.stage.clean(
                        keeping: machine.record.slot, trees: await treesThatRun())
                    return .fetchInterrupted(text)
                }
            }
        } catch {
            return .damaged("\(error)")
        }
    }

    private func treesThatRun() async -> Set<ContentAddress> {
        let manifest = try? await manifest(committed)
        return (manifest ?? nil)?.stack.map { [$0.digest] } ?? []
    }

    private func keepManifest(of document: DesiredDocument) async throws(AgentStageFault) {
        guard let content = document.snapshot,
            let bytes = try? await parts.vault.read(content.manifest)
        else { return }
        do throws(SystemError) {
            try parts.journal.save(manifest: bytes, of: document.revision)
        } catch { throw AgentStageFault(error) }
    }

    /// Never turns into "go ahead" by itself: somebody overrides it, or the machine is ready.
    func awaitGo() async -> TransactionMachine.Event? {
        var told: String?
        while !Task.isCancelled {
            guard let reason = refusal() else {
                machine.remember(inError: parts.records.inError)
                return .go
            }
            if told != reason {
                told = reason
                _ = machine.apply(.notNow(reason))
                change.yield()
            }
            try? await Task.sleep(for: parts.patience)
        }
        return nil
    }

    private func refusal() -> String? {
        if standing?.mode == .developer, wanted?.snapshot != nil, committed != nil {
            return "Somebody works on the device itself (developer mode)."
        }
        // Before its time it would be taken for good without having proven itself.
        if standing?.run == .stopped, wanted?.snapshot != nil { return AgentTransaction.off }
        if override == machine.record.revision { return nil }
        if let window = wanted?.window, !window.admits(parts.clock.now()) {
            until = window.from
            return "It waits for its maintenance window."
        }
        until = nil
        return parts.lease.refusal().map { "The machine says not now: \($0.reason)" }
    }

    func switchOver(
        _ from: DeviceSlot?, _ to: DeviceSlot?
    ) async -> TransactionMachine.Event? {
        override = nil
        await parts.runtime.stopAll(device)
        // What was heard before says nothing of the new snapshot.
        hasContact = false
        guard let from, let to else { return .switched }
        do throws(AgentStageFault) {
            try await parts.stage.carryOver(from: from, to: to, device)
            return .switched
        } catch {
            switch error {
            case .damaged(let text), .impossible(let text), .waits(let text):
                return .switchFailed(text)
            }
        }
    }

    func probe(_ slot: DeviceSlot) async -> TransactionMachine.Event? {
        guard let wanted else { return .unhealthy("The desired document is lost.") }
        let before: Set<String>? =
            committed?.snapshot == nil ? nil : Set(machine.record.inError)
        let load: AgentRuntime.Load?
        do throws(AgentFetchFault) { load = try await self.load(wanted, slot) } catch {
            return .unhealthy("\(error)")
        }
        guard let load else { return .healthy }
        await parts.runtime.run(load)
        guard standing?.run ?? wanted.run == .running else {
            // Off, it proves nothing: whoever starts it begins its probation anew.
            until = nil
            while !Task.isCancelled { try? await Task.sleep(for: parts.patience) }
            return nil
        }
        let probation = AgentProbation(wanted.probation, before: before, hasContact: hasContact)
        until = parts.clock.now() + .seconds(wanted.probation.seconds)
        let verdict = await probation.watch(
            parts.runtime, parts.records,
            contact: { [weak self] in await self?.hasContact ?? false })
        switch verdict {
        case .watching: return nil
        case .good: return .healthy
        case .bad(let reason): return .unhealthy(reason)
        }
    }

    func commit() async -> TransactionMachine.Event? {
        if machine.record.phase == .commit || committed?.revision != wanted?.revision {
            committed = wanted
        }
        let record = machine.record
        let slot = record.phase == .commit ? record.target : record.slot
        // One that came meanwhile waits for its turn.
        let revisions = [record.revision, wanted?.revision, next?.revision].compactMap(\.self)
        parts.journal.keep(Set(revisions))
        var contents: [ContentAddress] = []
        var trees: Set<ContentAddress> = []
        if let content = committed?.snapshot, let manifest = try? await manifest(committed) {
            contents = [content.manifest] + manifest.contents
            if let stack = manifest.stack { trees.insert(stack.digest) }
        }
        if record.phase == .commit {
            await parts.stage.clean(keeping: slot, trees: trees)
            // A failure leaves more on the disk than need be; the next commit tries again.
            try? await parts.vault.keepOnly(contents)
        }
        return .committed
    }

    private func manifest(_ document: DesiredDocument?) async throws -> AgentManifest? {
        guard let document else { return nil }
        return try await manifest(document)
    }

    /// What the new one took over was a copy: stopping it is all.
    func rollBack() async -> TransactionMachine.Event? {
        await parts.runtime.stopAll(device)
        return .rolledBack
    }

    func runCommitted() async {
        let (slot, revision) = machine.record.running
        guard let slot, let document = running, document.revision == revision else {
            log.info("nothing runs: revision \(revision), committed \(committed?.revision ?? 0)")
            await parts.runtime.stopAll(device)
            return
        }
        do throws(AgentFetchFault) {
            guard let load = try await load(document, slot) else { return }
            await parts.runtime.run(load)
        } catch {
            trouble = "What shall run cannot be read: \(error)"
            change.yield()
        }
    }
}
