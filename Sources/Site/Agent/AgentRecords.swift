package import Basics
package import Domain
import Store
import Synchronization

/// Log and samples of this device until the appliance has them: kept on the disk, bounded, the
/// oldest go first. Log records are numbered for ever, whatever ends meanwhile. Blocks: an actor of
/// its own.
package actor AgentRecords: InstanceJournal {
    /// Records that are kept a second, and in one go: a node that logs in a loop must not wear out a
    /// flash disk.
    private static let rate = 5.0
    private static let burst = 300.0
    package static let batch = 500
    /// Of JSON in one request; the appliance takes 2 MiB.
    private static let batchBytes = 1_500_000

    private let executor = BlockingExecutor(label: "records")
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    private let directory: String
    private var files: AgentRecordFiles
    private struct Watched { var call: (@Sendable () -> Void)? }
    private let watched = Mutex(Watched())
    private let errors = Mutex<[String: ContinuousClock.Instant]>([:])
    /// Number of the next line, record or sample.
    private var next: Int64 = 1
    /// Of the first line that the appliance does not have.
    private var sent: Int64 = 1
    /// Number of the next log record, as the appliance counts them.
    private var nextRecord: Int64 = 0
    /// What it counts them within: a series that is lost begins anew under another name.
    private var series = ""
    private var position: LogPosition?
    private var room = AgentRecords.burst
    private var filledAt = ContinuousClock.now
    private var dropped = 0

    package init(_ paths: AgentPaths) {
        directory = paths.records
        files = AgentRecordFiles(directory: paths.records)
    }

    /// To be called once, before anything else.
    package func prepare() throws(SystemError) {
        try Files.makeDirectory(directory)
        if let bytes = SealedFile(path: "\(directory)/state").read(),
            let object = try? JSONReader.read(bytes).object
        {
            sent = object["sent"]?.int ?? 1
            next = max(next, object["next"]?.int ?? 1)
            nextRecord = object["nextRecord"]?.int ?? 0
            series = object["series"]?.string ?? ""
            if let inode = object["inode"]?.int, let offset = object["offset"]?.int {
                position = LogPosition(inode: UInt64(bitPattern: inode), offset: Int64(offset))
            }
        }
        for first in files.all {
            for line in files.lines(first) {
                next = max(next, line.number + 1)
                if let record = line.record { nextRecord = max(nextRecord, record + 1) }
            }
        }
        rememberErrors()
        if series.isEmpty {
            series = Base64URL.encode(Randomness.bytes(16))
            save()
        }
    }

    /// Called whenever something new is there; `nil`: nobody looks.
    package nonisolated func whenNew(_ call: (@Sendable () -> Void)?) {
        watched.withLock { $0 = Watched(call: call) }
    }

    // MARK: From the supervisor

    package func position(of id: Instance.ID) async throws -> LogPosition? { position }

    package func append(
        _ records: [LogRecord], of id: Instance.ID, upTo position: LogPosition
    ) async throws -> [LogRecord] {
        refill()
        var kept: [LogRecord] = []
        for var record in records {
            note(record)
            guard room >= 1 else {
                dropped += 1
                continue
            }
            room -= 1
            if dropped > 0 {
                let text = "\(dropped) records were not kept: too many came at once."
                dropped = 0
                kept.append(
                    LogRecord(sequence: takeRecord(), at: record.at, level: .warn, text: text))
            }
            record.sequence = takeRecord()
            kept.append(record)
        }
        try write(kept.map { line(of: $0) })
        self.position = position
        return kept
    }

    package func append(_ sample: ResourceSample, of id: Instance.ID) async throws {
        try write([line("s -") { DeviceRecords.write(sample, to: &$0) }])
    }

    /// Something that the agent itself has to say.
    package func note(_ level: LogRecord.Level, _ text: String, at: Timestamp) {
        try? write([
            line(of: LogRecord(sequence: takeRecord(), at: at, level: level, text: text))
        ])
    }

    /// Nodes that were in error in the last hour.
    package nonisolated var inError: Set<String> {
        let start = ContinuousClock.now - .seconds(3600)
        return errors.withLock { errors in
            errors = errors.filter { $0.value > start }
            return Set(errors.keys)
        }
    }

    /// Those that an earlier agent heard of.
    private func rememberErrors() {
        let now = Timestamp.now()
        var found: [String: ContinuousClock.Instant] = [:]
        for line in files.all.suffix(2).flatMap(files.lines)
        where line.record != nil {
            guard let object = try? JSONReader.read(Array(line.json.utf8)).object,
                let level = object["level"]?.string.flatMap(LogRecord.Level.init),
                level >= .error, let id = object["source"]?["id"]?.string,
                let at = object["at"]?.int
            else { continue }
            let (age, overflow) = now.milliseconds.subtractingReportingOverflow(at)
            guard !overflow, (0..<3_600_000).contains(age) else { continue }
            found[id] = .now - .milliseconds(age)
        }
        errors.withLock { $0 = found }
    }

    /// Errors of nodes from now on, until `nil` is set.
    package nonisolated func whenInError(_ call: (@Sendable (LogRecord) -> Void)?) {
        listener.withLock { $0 = Listener(call: call) }
    }

    private struct Listener { var call: (@Sendable (LogRecord) -> Void)? }
    private let listener = Mutex(Listener())

    private nonisolated func note(_ record: LogRecord) {
        guard record.level >= .error, let source = record.source else { return }
        errors.withLock { errors in
            if errors.count < 1000 || errors[source.id] != nil { errors[source.id] = .now }
        }
        listener.withLock { $0.call }?(record)
    }

    // MARK: To the appliance

    /// The oldest that were not sent.
    package struct Batch: Sendable {
        /// A `DeviceRecords`.
        package var body: [UInt8]
        /// Number of the line behind the last of it.
        package var end: Int64
        /// Of records and samples.
        package var count: Int
    }

    /// `nil` where nothing waits.
    /// - Parameters:
    ///   - most: records and samples in it.
    ///   - clock: the device's own, in which the records are dated.
    package func batch(most: Int = AgentRecords.batch, clock: Timestamp = .now()) -> Batch? {
        var found: [AgentRecordFiles.Line] = []
        var bytes = 0
        var following: Int64?
        let all = files.all
        outer: for (index, first) in all.enumerated() {
            if index + 1 < all.count, all[index + 1] <= sent { continue }
            for line in files.lines(first) where line.number >= sent {
                // They are numbered from the first of a batch: a hole ends it.
                if let following, let record = line.record, record != following { break outer }
                bytes += line.json.utf8.count + 1
                if !found.isEmpty, bytes > Self.batchBytes { break outer }
                if let record = line.record { following = record + 1 }
                found.append(line)
                if found.count >= most { break outer }
            }
        }
        guard let last = found.last else { return nil }
        var json = JSONWriter()
        json.object { json in
            json.field("boot", series)
            json.field("from", found.lazy.compactMap(\.record).first ?? nextRecord)
            json.field("clock", clock.milliseconds)
            json.array("log") { json in
                for line in found where line.record != nil { json.raw(line.json.utf8) }
            }
            json.array("samples") { json in
                for line in found where line.record == nil { json.raw(line.json.utf8) }
            }
        }
        return Batch(body: json.bytes, end: last.number + 1, count: found.count)
    }

    package func acknowledge(_ batch: Batch) {
        sent = max(sent, batch.end)
        save()
        files.remove(before: sent)
    }

    /// At the end, and now and then: what was written since may come twice, it is not lost.
    package func save() {
        var json = JSONWriter()
        json.object { json in
            json.field("sent", sent)
            json.field("next", next)
            json.field("nextRecord", nextRecord)
            json.field("series", series)
            if let position {
                json.field("inode", Int64(bitPattern: position.inode))
                json.field("offset", position.offset)
            }
        }
        try? SealedFile(path: "\(directory)/state").write(json.bytes)
    }

    private func takeRecord() -> Int64 {
        defer { nextRecord += 1 }
        return nextRecord
    }

    private func refill() {
        let now = ContinuousClock.now
        let passed = Double((now - filledAt).milliseconds) / 1000
        room = min(Self.burst, room + passed * Self.rate)
        filledAt = now
    }

    private func line(of record: LogRecord) -> [UInt8] {
        line("l \(record.sequence)") { DeviceRecords.write(record, to: &$0) }
    }

    /// - Parameter head: kind and number of the record.
    private func line(_ head: String, _ body: (inout JSONWriter) -> Void) -> [UInt8] {
        defer { next += 1 }
        var json = JSONWriter()
        body(&json)
        let parts = head.split(separator: " ")
        return Array("\(parts[0]) \(next) \(parts[1]) ".utf8) + json.bytes + [0x0A]
    }

    private func write(_ lines: [[UInt8]]) throws(SystemError) {
        guard !lines.isEmpty else { return }
        if try files.append(lines, from: next - Int64(lines.count)) { save() }
        watched.withLock { $0.call }?()
    }
}
