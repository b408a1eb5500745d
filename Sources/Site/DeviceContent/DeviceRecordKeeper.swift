package import Basics
import Crypto
package import Domain
package import Store

/// Keeps what a device sends of its log and its samples, once however often it comes, and tells
/// whoever looks on. A device's clock is not believed: records keep their order by number, and where
/// the clock is far off they get the appliance's time and a line that says so.
package actor DeviceRecordKeeper {
    package enum Fault: Error, Sendable, Equatable {
        /// What came is no batch of records. One sentence.
        case malformed(String)
        /// More than the device may send, or two batches at once: later it is taken.
        case tooMany
        case store(StoreError)
    }

    /// Batches of a device in a stretch of time: a thousand records each.
    private static let most = 30
    private static let stretch = Duration.seconds(10)

    private let logs: LogStore
    private let resources: ResourceStore
    private let bus: EventBus
    private let clock: @Sendable () -> Timestamp
    private let executor = BlockingExecutor(label: "device-records")
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }
    /// Devices whose batch is being kept.
    private var busy: Set<Device.ID> = []
    private var sent: [Device.ID: (since: Duration, batches: Int)] = [:]
    private let elapsed: @Sendable () -> Duration

    package init(
        logs: LogStore, resources: ResourceStore, bus: EventBus,
        clock: @escaping @Sendable () -> Timestamp = Timestamp.now,
        elapsed: (@Sendable () -> Duration)? = nil
    ) {
        let steady = MonotonicClock()
        self.elapsed = elapsed ?? { steady.elapsed }
        self.logs = logs
        self.resources = resources
        self.bus = bus
        self.clock = clock
    }

    /// Logs know owners by the text of their id, whatever they are the id of.
    private static func owner(_ device: Device.ID) throws(StoreError) -> Instance.ID {
        guard let id = Instance.ID(device.text) else { throw .notFound("The device") }
        return id
    }

    /// - Parameter body: JSON of `DeviceRecords`.
    /// - Returns: the number from which the device goes on, once everything is kept.
    package func keep(
        _ body: [UInt8], of device: Device.ID
    ) async throws(Fault) -> Int64 {
        try admit(device)
        let batch: DeviceRecords
        do throws(AgentProtocolFault) { batch = try DeviceRecords.read(body) } catch {
            throw .malformed("\(error)")
        }
        guard busy.insert(device).inserted else { throw .tooMany }
        defer { busy.remove(device) }
        do throws(StoreError) { return try await keep(batch, of: device) } catch {
            throw .store(error)
        }
    }

    private func admit(_ device: Device.ID) throws(Fault) {
        let now = elapsed()
        if sent.count > 10_000 { sent = sent.filter { now - $0.value.since < Self.stretch } }
        var entry = sent[device] ?? (now, 0)
        if now - entry.since >= Self.stretch { entry = (now, 0) }
        entry.batches += 1
        sent[device] = entry
        guard entry.batches <= Self.most else { throw .tooMany }
    }

    func keep(
        _ batch: DeviceRecords, of device: Device.ID
    ) async throws(StoreError) -> Int64 {
        let owner = try Self.owner(device)
        let now = clock()
        let offset = batch.correction(now: now)
        let records = batch.corrected(by: offset, now: now)
        // Known by their moment: what comes again takes its own place.
        publish(
            try await resources.append(records.samples, of: owner, now: now), of: device)
        let boot = Self.number(of: batch.boot)
        let position = try await logs.position(of: owner)
        let isSameBoot = position?.inode == boot
        let next = isSameBoot ? position?.offset ?? 0 : 0
        let known = Int(clamping: max(0, next - batch.from))
        var fresh = Array(records.log.dropFirst(known))
        let end = max(next, batch.from + Int64(records.log.count))
        guard !fresh.isEmpty || !isSameBoot else { return end }
        if !isSameBoot, let offset, let first = fresh.first {
            let minutes = offset.components.seconds / 60
            fresh.insert(
                LogRecord(
                    at: first.at, level: .warn,
                    text: "The clock of the device is \(abs(minutes)) minutes "
                        + "\(minutes > 0 ? "slow" : "fast"): times are corrected."), at: 0)
        }
        let kept = try await logs.append(
            fresh, of: owner, readTo: LogStore.Position(inode: boot, offset: end))
        publish(kept, of: device)
        return end
    }

    /// Never 0, which stands for no position.
    private static func number(of boot: String) -> UInt64 {
        let digest = Digest.sha256(Array(boot.utf8)).prefix(8)
        return digest.reduce(0) { $0 << 8 | UInt64($1) } | 1
    }

    private func publish(_ records: [LogRecord], of device: Device.ID) {
        guard !records.isEmpty else { return }
        bus.publish("device/\(device)/log") {
            var json = JSONWriter()
            json.object { json in
                json.array("records") { json in for record in records { record.write(to: &json) } }
                json.field("missed", 0)
            }
            return json.bytes
        }
    }

    /// One message a sample, as an instance's come.
    private func publish(_ samples: [ResourceSample], of device: Device.ID) {
        for sample in samples.suffix(60) {
            bus.publish("device/\(device)/resources") { sample.json }
        }
    }
}
