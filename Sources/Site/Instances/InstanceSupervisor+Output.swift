package import Basics
package import Domain
import Glibc
import Processes
import Store

extension InstanceSupervisor {
    /// Records that may wait for a store that does not take them; the oldest go first.
    private static let pendingLimit = 5000

    /// Begins to follow the output; where there is no file yet, nothing happens.
    func openTail() async {
        if tail == nil {
            // A store that fails here means that lines come twice, not that they are lost.
            let stored = try? await around.journal.position(of: id)
            tail = try? LogTail(directory: layout.log, from: stored)
        }
        guard process != nil, watch == nil else { return }
        let (wakes, wake) = AsyncStream.makeStream(
            of: Void.self, bufferingPolicy: .bufferingNewest(1))
        do throws(SystemError) {
            watch = try around.watcher.watch("\(layout.log)/out.log") { wake.yield() }
        } catch {
            // The kernel allows a user so many watches and no more.
            log.warning("the output of instance \(id) is looked at every half second: \(error)")
        }
        let isWatched = watch != nil
        // What was written before the watch began.
        wake.yield()
        reader?.cancel()
        reader = Task { [weak self] in
            for await _ in wakes {
                await self?.pump(final: false)
                // 50 ms: lines of a busy instance go to the store together.
                try? await Task.sleep(for: .milliseconds(isWatched ? 50 : 500))
                if !isWatched { wake.yield() }
            }
        }
    }

    /// Takes over all that has been printed until now: what left the instance's session can go on
    /// writing for ever, and nobody may wait for its end.
    /// - Parameter final: the instance writes no more.
    func pump(final: Bool) async {
        await turn.take()
        do throws(SystemError) {
            let end = try tail?.end() ?? 0
            while let batch = try nextBatch(final: final) {
                take(batch)
                await store(upTo: batch.position)
                if batch.position.offset >= end { break }
            }
        } catch {
            log.warning("the output of instance \(id) cannot be read: \(error)")
        }
        await turn.leave()
    }

    private func nextBatch(final: Bool) throws(SystemError) -> LogTail.Batch? {
        // A file that somebody put in the place of ours is not opened; ours is read to its end.
        try tail?.read(final: final)
    }

    private func take(_ batch: LogTail.Batch) {
        let now = Timestamp.now()
        let nonce = file?.nonce ?? ""
        if batch.skipped > 0 {
            note("\(batch.skipped) bytes of output were passed over: too much came at once.", now)
        }
        for line in batch.lines {
            switch LogLine(line, nonce: nonce, at: now) {
            case .record(let record):
                pending.append(record)
                if record.tellsOfTakenPort { feed(.portTaken) }
            case .event(let event): heard(event, now)
            case nil: break
            }
        }
        if pending.count > Self.pendingLimit {
            droppedRecords += pending.count - Self.pendingLimit
            pending.removeFirst(pending.count - Self.pendingLimit)
        }
    }

    private func note(_ text: String, _ now: Timestamp) {
        pending.append(LogRecord(at: now, level: .warn, text: text))
    }

    private func store(upTo position: LogPosition) async {
        if droppedRecords > 0 {
            note("\(droppedRecords) records were lost: the log could not be written.", .now())
            droppedRecords = 0
        }
        let records = pending
        do {
            let kept = try await around.journal.append(records, of: id, upTo: position)
            pending.removeFirst(min(records.count, pending.count))
            tail?.free(upTo: position)
            publish(kept)
        } catch {
            log.warning("the log of instance \(id) cannot be kept: \(error)")
        }
    }

    private func publish(_ records: [LogRecord]) {
        guard !records.isEmpty else { return }
        around.bus.publish("instance/\(id.text)/log") {
            var json = JSONWriter()
            json.object { json in
                json.array("records") { json in for record in records { record.write(to: &json) } }
                json.field("missed", 0)
            }
            return json.bytes
        }
    }

    /// Before a start: everything was taken over, so the file may begin anew. The new beginning
    /// is kept first, or a later appliance would pass over what is written up to the old end.
    func emptyOutput() async {
        await turn.take()
        await beginOutputAnew()
        await turn.leave()
    }

    private func beginOutputAnew() async {
        guard pending.isEmpty else { return }
        let path = layout.log
        guard let file = try? HostileDirectory(path).open("out.log", O_RDWR) else {
            // Missing: it is made by the start. A link: the start says so.
            tail = nil
            return
        }
        var information = stat()
        guard fstat(file.raw, &information) == 0, information.st_size > 0 else { return }
        let beginning = LogPosition(inode: UInt64(information.st_ino), offset: 0)
        tail = nil
        guard ftruncate(file.raw, 0) == 0 else { return }
        _ = try? await around.journal.append([], of: id, upTo: beginning)
    }

    private func heard(_ event: InstanceEvent, _ now: Timestamp) {
        switch event {
        case .listening: feed(.listening)
        case .flowsStarted:
            freshAt = around.clock.elapsed
            feed(.ready)
        case .safeMode: feed(.safeMode)
        case .flowsHalted: feed(.halted)
        case .missing(let names): feed(.missingTypes(names))
        case .flowsUnreadable: feed(.flowsUnreadable)
        case .credentialsUnreadable: feed(.credentialsUnreadable)
        case .deploy: Task { await self.drainSpool() }
        case .resources(let usage):
            sample(usage)
            settleFlood()
        case .dropped(let count):
            note("\(count) records were not written: more than 200 came in a second.", now)
            flood()
        case .flowsStopped, .modules: break
        }
    }

    private func flood() {
        if floodedAt == nil {
            around.alarms.raise(
                .instanceLogFlood,
                "This instance writes more log records than are kept. Look for a node that logs "
                    + "or a debug node that prints without pause.", on: id)
        }
        floodedAt = around.clock.elapsed
    }

    /// A minute without a flood ends it.
    private func settleFlood() {
        guard let floodedAt, around.clock.elapsed - floodedAt > .seconds(60) else { return }
        self.floodedAt = nil
        around.alarms.clear(.instanceLogFlood, on: id)
    }

    /// Makes versions of the deploys that wait in the spool.
    package func drainSpool() async {
        await spoolTurn.take()
        let deploys = around.deploys
        let id = id
        let files = InstanceFiles(layout)
        var drain = drain
        let outcome = await drain.drain(at: .now()) { entry in
            try await deploys.keep(entry, of: id, modules: files.modules())
        }
        self.drain = drain
        settleSpool(outcome)
        await spoolTurn.leave()
    }

    private func settleSpool(_ outcome: SpoolDrain.Outcome) {
        switch outcome {
        case .failed(let text) where text != spoolFault:
            spoolFault = text
            around.alarms.raise(.instanceSpool, text, on: id)
            retryDrain()
        case .failed: retryDrain()
        case .empty, .kept:
            guard spoolFault != nil else { return }
            spoolFault = nil
            around.alarms.clear(.instanceSpool, on: id)
        }
    }

    private func retryDrain() {
        let clock = around.clock
        drainRetry?.cancel()
        drainRetry = Task { [weak self] in
            do { try await clock.sleep(.seconds(30)) } catch { return }
            await self?.drainSpool()
        }
    }
}

extension LogRecord {
    /// Node-RED's own words when its port is taken; they come from no node.
    fileprivate var tellsOfTakenPort: Bool {
        source == nil && level == .error
            && (text.hasPrefix("Unable to listen on") || text.hasPrefix("Error: port in use"))
    }

    /// As the live socket and the API write it.
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("seq", sequence)
            json.field("at", at)
            json.field("level", level.rawValue)
            json.key("source")
            if let source {
                json.object { json in
                    json.field("type", source.type)
                    json.field("id", source.id)
                    json.field("name", source.name)
                }
            } else {
                json.null()
            }
            json.field("text", text)
        }
    }
}
