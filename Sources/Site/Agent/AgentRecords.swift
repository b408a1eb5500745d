package import Basics
package import Domain
import Store
import Synchronization

/// Log and samples of this device until the appliance has them: kept on the disk, bounded, the
/// oldest go first. Their numbers rise for ever. Blocks: an actor of its own.
package actor AgentRecords: InstanceJournal {
    /// Bytes of one file and how many of them: 6 MB are a day of a talkative flow.
    private static let segment = 512 << 10
    private static let segments = 12
    /// Records that are kept a second, and in one go: a node that logs in a loop must not wear out a
    /// flash disk.
    private static let rate = 5.0
    private static let burst = 300.0
    private static let batch = 500

    private let executor = BlockingExecutor(label: "records")
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    private let directory: String
    private let watched = Mutex<(@Sendable () -> Void)?>(nil)
    private let errors = Mutex<[String: ContinuousClock.Instant]>([:])
    private var next: Int64 = 1
    private var sent: Int64 = 1
    private var position: LogPosition?
    private var room = AgentRecords.burst
    private var filledAt = ContinuousClock.now
    private var dropped = 0

    package init(_ paths: AgentPaths) { directory = paths.records }

    /// To be called once, before anything else.
    package func prepare() throws(SystemError) {
        try Files.makeDirectory(directory)
        if let bytes = SealedFile(path: "\(directory)/state").read(),
            let object = try? JSONReader.read(bytes).object
        {
            sent = object["sent"]?.int ?? 1
            next = max(next, object["next"]?.int ?? 1)
            if let inode = object["inode"]?.int, let offset = object["offset"]?.int {
                position = LogPosition(inode: UInt64(bitPattern: inode), offset: Int64(offset))
            }
        }
        for first in files() {
            for line in lines(first) { next = max(next, (Self.sequence(line) ?? 0) + 1) }
        }
    }

    /// Called whenever something new is there; `nil`: nobody looks.
    package nonisolated func whenNew(_ call: (@Sendable () -> Void)?) {
        watched.withLock { $0 = call }
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
                    LogRecord(sequence: take(), at: record.at, level: .warn, text: text))
            }
            record.sequence = take()
            kept.append(record)
        }
        try write(kept.map { record in line("l") { record.write(to: &$0) } })
        self.position = position
        return kept
    }

    package func append(_ sample: ResourceSample, of id: Instance.ID) async throws {
        let sequence = take()
        try write([
            line("s") { json in
                json.object { json in
                    json.field("seq", sequence)
                    json.field("at", sample.at)
                    json.field("rss", sample.rss)
                    json.field("heapUsed", sample.heapUsed)
                    json.field("cpuPercent", sample.cpuPercent)
                    json.field("lagMs", sample.lagMilliseconds)
                }
            }
        ])
    }

    /// Something that the agent itself has to say.
    package func note(_ level: LogRecord.Level, _ text: String, at: Timestamp) {
        let record = LogRecord(sequence: take(), at: at, level: level, text: text)
        try? write([line("l") { record.write(to: &$0) }])
    }

    /// Nodes that were in error in the last hour.
    package nonisolated var inError: Set<String> {
        let start = ContinuousClock.now - .seconds(3600)
        return errors.withLock { errors in
            errors = errors.filter { $0.value > start }
            return Set(errors.keys)
        }
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

    /// The oldest that was not sent; `nil` where nothing waits.
    package func batch() -> (from: Int64, upTo: Int64, log: [String], samples: [String])? {
        var log: [String] = []
        var samples: [String] = []
        var from: Int64?
        var last: Int64 = 0
        outer: for first in files() {
            for text in lines(first) {
                guard let sequence = Self.sequence(text), sequence >= sent else { continue }
                from = from ?? sequence
                last = sequence
                if text.hasPrefix("l") {
                    log.append(String(text.dropFirst(2)))
                } else {
                    samples.append(String(text.dropFirst(2)))
                }
                if log.count + samples.count >= Self.batch { break outer }
            }
        }
        return from.map { ($0, last, log, samples) }
    }

    /// - Parameter next: number of the first that the appliance does not have.
    package func acknowledged(next: Int64) {
        sent = max(sent, next)
        save()
        let all = files()
        for (index, first) in all.dropLast().enumerated() where all[index + 1] <= sent {
            try? Files.removeTree(path(first))
        }
    }

    /// At the end, and now and then: what was written since may come twice, it is not lost.
    package func save() {
        var json = JSONWriter()
        json.object { json in
            json.field("sent", sent)
            json.field("next", next)
            if let position {
                json.field("inode", Int64(bitPattern: position.inode))
                json.field("offset", position.offset)
            }
        }
        try? SealedFile(path: "\(directory)/state").write(json.bytes)
    }

    // MARK: Files

    private func take() -> Int64 {
        defer { next += 1 }
        return next
    }

    private func refill() {
        let now = ContinuousClock.now
        let passed = Double((now - filledAt).milliseconds) / 1000
        room = min(Self.burst, room + passed * Self.rate)
        filledAt = now
    }

    private func line(_ kind: String, _ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var json = JSONWriter()
        body(&json)
        return Array("\(kind) ".utf8) + json.bytes + [0x0A]
    }

    private func path(_ first: Int64) -> String { "\(directory)/\(first).records" }

    /// First numbers of the files, the oldest first.
    private func files() -> [Int64] {
        ((try? Files.list(directory)) ?? [])
            .compactMap { name in
                name.hasSuffix(".records") ? Int64(name.dropLast(8)) : nil
            }.sorted()
    }

    private func lines(_ first: Int64) -> [Substring] {
        guard let bytes = try? Files.read(path(first), limit: ByteCount(Self.segment * 2)) else {
            return []
        }
        var lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        // What a power cut left half written is no record.
        if bytes.last != 0x0A, !lines.isEmpty { lines.removeLast() }
        return lines
    }

    private static func sequence(_ line: Substring) -> Int64? {
        let start = "l {\"seq\":"
        guard line.utf8.count > start.utf8.count else { return nil }
        return Int64(
            line.dropFirst(start.count).prefix { $0.isNumber })
    }

    private func write(_ lines: [[UInt8]]) throws(SystemError) {
        guard !lines.isEmpty else { return }
        var all = files()
        let file = try AppendedFile(path(all.last ?? next))
        if file.size > Self.segment {
            let first = next - Int64(lines.count)
            try AppendedFile(path(first)).append(lines.flatMap(\.self))
            all.append(first)
            while all.count > Self.segments { try Files.removeTree(path(all.removeFirst())) }
            save()
        } else {
            try file.append(lines.flatMap(\.self))
        }
        watched.withLock { $0 }?()
    }
}
