package import Basics
package import Domain
package import Store

/// Speaks with all devices: hears what they say, tells them what they shall be, and waits for what
/// they answer. On a thread of its own: a flood of strangers' JSON must not hold up a request.
package actor Fleet: Service {
    package struct Parts: Sendable {
        package var stores: Stores
        package var bus: EventBus
        package var link: any FleetLink
        package var content: StockContent
        package var documents: any AgentDocuments
        package var alarms: any DeviceAlarmBoard
        package var clock: any SupervisorClock
        /// The wall clock.
        package var now: @Sendable () -> Timestamp
        /// From where a device is connected that came with a certificate: the broker sees only us.
        package var address: @Sendable (Device.ID) -> String?

        package init(
            stores: Stores, bus: EventBus, link: any FleetLink, content: StockContent,
            documents: any AgentDocuments, alarms: any DeviceAlarmBoard,
            clock: any SupervisorClock = MonotonicClock(),
            now: @escaping @Sendable () -> Timestamp = Timestamp.now,
            address: @escaping @Sendable (Device.ID) -> String? = { _ in nil }
        ) {
            self.stores = stores
            self.bus = bus
            self.link = link
            self.content = content
            self.documents = documents
            self.alarms = alarms
            self.clock = clock
            self.now = now
            self.address = address
        }
    }

    /// 0.5 s: what changes in between is told once.
    private static let tick = Duration.milliseconds(500)
    /// 2 s: so much of what devices said a power cut may take away; they say it again.
    private static let writePause = Duration.seconds(2)

    /// 180 s: agents say each minute or so how they are.
    private static let pollLimit = Duration.seconds(180)

    /// What is known now, for whoever shows it.
    package nonisolated let book = DeviceBook()
    nonisolated let parts: Parts
    let log = Log("fleet")
    private let executor = BlockingExecutor(label: "fleet")
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    var correlator = CommandCorrelator()
    var watches = WatchBook()
    var applies = ApplyBook()
    var judge = OfflineJudge()
    var isLinkUp = false
    /// Messages that were not what they should be, by what was wrong.
    private(set) var refused = 0
    private var allowances: [Device.ID: DeviceAllowance] = [:]
    /// Logs and samples of stock agents.
    nonisolated let streams = StreamKeeper()
    let errands = DeviceErrands()
    /// Of all that the book does not have: a broker that is not ours lets anybody name anything.
    private var strangers = MessageAllowance(burst: 60, perSecond: 20, now: .zero)
    private var unwritten: [Device.ID: DeviceReport] = [:]
    private var writtenAt = Duration.zero
    private var changed: Set<Device.ID> = []
    var troubled: [Device.ID: Set<AlarmKind>] = [:]
    /// The editor token that counts for a device at this moment.
    var editorTokens: [Device.ID: String] = [:]
    /// When devices said something last, where the broker does not tell who leaves.
    var heard: [Device.ID: Duration] = [:]
    /// When agents that come by HTTP alone came last.
    var polled: [Device.ID: Duration] = [:]
    /// Devices of which an automatic snapshot is under way, and whether another is due behind it.
    var capturing: [Device.ID: Bool] = [:]
    /// When devices that wait for their window were told last what they shall be.
    var waiting: [Device.ID: Duration] = [:]
    /// Why devices could not be told what they shall be, and since when.
    var untold: [Device.ID: (since: Duration, text: String)] = [:]

    package init(_ parts: Parts) { self.parts = parts }

    package func run() async throws {
        try await load()
        await parts.link.listen(
            StockTopic.filters + [AgentTopic.filter(.status), AgentTopic.filter(.reply)]
        ) {
            [weak self] topic, payload in await self?.take(topic, payload)
        }
        // Apart: what waits there keeps nothing else waiting.
        await parts.link.listen(StockTopic.streamFilters) { [weak self] topic, payload in
            await self?.take(topic, payload)
        }
        await withDiscardingTaskGroup { group in
            group.addTask { await self.followPresence() }
            group.addTask { await self.followListeners() }
            group.addTask { await self.followErrands() }
            group.addTask { await self.streams.run(for: self) }
            group.addTask {
                while !Task.isCancelled {
                    do { try await self.parts.clock.sleep(Self.tick) } catch { return }
                    await self.beat()
                }
            }
        }
        correlator.fail(nil, .broker("The appliance is being stopped."))
        await write()
    }

    func load() async throws {
        let devices = try await parts.stores.devices.all()
        let reports = try await parts.stores.deviceReports.all()
        book.load(devices, reports)
        troubled = try await parts.alarms.openOfDevices()
        judge = OfflineJudge(
            raised: Set(troubled.filter { $0.value.contains(.deviceOffline) }.map(\.key)))
        let now = parts.clock.elapsed
        for id in reports.keys { judge.left(id, now) }
    }

    // MARK: What comes in

    /// One message of the broker.
    package func take(_ topic: String, _ payload: [UInt8]) async {
        if let topic = StockTopic(topic) {
            guard admits(payload, of: topic.device, isStream: topic.word.isStream) else { return }
            guard !topic.word.isStream else { return streams.offer(topic, payload) }
            await take(topic, payload)
        } else if let topic = AgentTopic(topic) {
            guard admits(payload, of: topic.device, isStream: false) else { return }
            await take(topic, payload)
        }
    }

    private func admits(_ payload: [UInt8], of id: Device.ID, isStream: Bool) -> Bool {
        let now = parts.clock.elapsed
        guard book[id] != nil else { return strangers.take(now) }
        return allowances[id, default: DeviceAllowance(now)].admits(
            payload, isStream: isStream, now)
    }

    func forgetAllowance(_ id: Device.ID) { allowances[id] = nil }

    /// The device of a message, as long as it is one of the team and speaks as its kind does.
    func sender(
        _ id: Device.ID, _ team: Team.ID, as agent: Device.Agent
    ) async -> Device? {
        guard let device = try? await parts.stores.devices.get(id), device.teamID == team,
            device.agent == nil || device.agent == agent
        else {
            refuse("a message of no device of this site", id)
            return nil
        }
        return device
    }

    func refuse(_ what: String, _ id: Device.ID) {
        refused += 1
        // Each hundredth: a device that talks nonsense must not fill the journal.
        if refused % 100 == 1 { log.warning("\(id): \(what) was dropped") }
    }

    /// Notes what a device said of itself.
    func accept(_ report: DeviceReport, of device: Device) {
        let old = book.put(report, of: device)
        unwritten[device.id] = report
        if report.differs(from: old) { changed.insert(device.id) }
        judgeTrouble(report, of: device)
    }

    func noteChange(_ id: Device.ID) { changed.insert(id) }

    // MARK: In time

    /// Each half second: sends again, gives up, tells listeners, writes, judges.
    package func beat() async {
        let now = parts.clock.elapsed
        for (topic, payload, life) in correlator.due(now) {
            try? await parts.link.publish(topic, payload, isSure: true, life: life)
        }
        await renewWatches(now)
        sendApplies(now)
        for (id, at) in heard where now - at > Self.pollLimit {
            heard[id] = nil
            disappeared(id, now)
        }
        for (id, at) in polled where now - at > Self.pollLimit {
            polled[id] = nil
            pollEnded(id, now)
        }
        tellChanges()
        carryOut(judge.judge(now))
        if now - writtenAt >= Self.writePause { await write() }
    }

    private func tellChanges() {
        guard !changed.isEmpty else { return }
        let ids = changed
        changed = []
        parts.bus.publish("devices") {
            var json = JSONWriter()
            json.object { json in json.field("ids", ids.map(\.text).sorted()) }
            return json.bytes
        }
        for id in ids {
            parts.bus.publish("device/\(id)") {
                var json = JSONWriter()
                json.object { json in json.field("id", id) }
                return json.bytes
            }
        }
    }

    /// What cannot be written stays for the next time, unless something newer was said.
    private func write() async {
        writtenAt = parts.clock.elapsed
        let reports = unwritten
        unwritten = [:]
        do throws(StoreError) { try await parts.stores.deviceReports.put(reports) } catch {
            unwritten.merge(reports) { newer, _ in newer }
            log.warning("what devices said could not be written and is tried again: \(error)")
        }
    }
}

extension StockTopic.Word {
    fileprivate var isStream: Bool { self == .logs || self == .resources }
}
