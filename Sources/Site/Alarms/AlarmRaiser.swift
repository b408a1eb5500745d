import Basics
package import Domain
package import Store

/// Where alarms of the site itself are raised. Returns at once.
package protocol SiteAlarmBoard: Sendable {
    func raise(_ kind: AlarmKind, _ text: String)
    func clear(_ kind: AlarmKind)
}

/// Keeps alarms of instances, devices and the site, and tells who listens on the topic `alarms`.
/// What is raised and cleared goes into one queue, so that a clear never overtakes its raise, and a full disk or a
/// busy database delays it without stopping a supervisor.
package final class AlarmRaiser: AlarmBoard, DeviceAlarmBoard, Service {
    private enum Subject: Sendable {
        case site
        case instance(Instance.ID)
        case device(Device.ID)
    }

    private enum Change: Sendable {
        case raise(AlarmKind, String, Subject)
        case clear(AlarmKind, Subject)
    }

    /// Between tries while the database does not take it.
    private static let retryPause = Duration.seconds(10)

    private let stores: Stores
    private let bus: EventBus
    private let log = Log("alarms")
    private let changes: AsyncStream<Change>
    private let queue: AsyncStream<Change>.Continuation

    package init(stores: Stores, bus: EventBus) {
        self.stores = stores
        self.bus = bus
        (changes, queue) = AsyncStream.makeStream(of: Change.self)
    }

    package func raise(_ kind: AlarmKind, _ text: String, on id: Instance.ID) {
        queue.yield(.raise(kind, text, .instance(id)))
    }

    package func clear(_ kind: AlarmKind, on id: Instance.ID) {
        queue.yield(.clear(kind, .instance(id)))
    }

    package func raise(_ kind: AlarmKind, _ text: String, on id: Device.ID) {
        queue.yield(.raise(kind, text, .device(id)))
    }

    package func clear(_ kind: AlarmKind, on id: Device.ID) {
        queue.yield(.clear(kind, .device(id)))
    }

    package func raise(_ kind: AlarmKind, _ text: String) { queue.yield(.raise(kind, text, .site)) }

    package func clear(_ kind: AlarmKind) { queue.yield(.clear(kind, .site)) }

    /// Kinds of alarms that are open, by instance.
    package func open() async throws(StoreError) -> [String: Set<AlarmKind>] {
        try await open(of: Self.instanceType)
    }

    package func openOfDevices() async throws(StoreError) -> [Device.ID: Set<AlarmKind>] {
        var open: [Device.ID: Set<AlarmKind>] = [:]
        for (text, kinds) in try await self.open(of: Self.deviceType) {
            if let id = Device.ID(text) { open[id] = kinds }
        }
        return open
    }

    private func open(of type: String) async throws(StoreError) -> [String: Set<AlarmKind>] {
        var open: [String: Set<AlarmKind>] = [:]
        var request = PageRequest.first
        while true {
            let page = try await stores.alarms.list(AlarmStore.Filter(open: true), request)
            for alarm in page.items where alarm.object.type == type {
                open[alarm.object.id, default: []].insert(alarm.kind)
            }
            guard let next = page.next else { return open }
            request = PageRequest(limit: PageRequest.maximumLimit, cursor: next)
        }
    }

    package func run() async {
        for await change in changes {
            while !Task.isCancelled {
                do throws(StoreError) {
                    try await make(change)
                    break
                } catch .notFound {
                    // The instance has gone, and its alarms with it.
                    break
                } catch {
                    log.warning("an alarm cannot be kept and is tried again: \(error)")
                    try? await Task.sleep(for: Self.retryPause)
                }
            }
        }
    }

    private func make(_ change: Change) async throws(StoreError) {
        switch change {
        case .raise(let kind, let text, let subject):
            let (object, path) = try await place(subject)
            let (alarm, isNews) = try await stores.alarms.raise(
                kind, on: object, at: path, text: text)
            if isNews { tell(alarm) }
        case .clear(let kind, let subject):
            let object: ObjectReference =
                switch subject {
                case .site: .site
                case .instance(let id):
                    ObjectReference(type: Self.instanceType, id: id.text, name: "")
                case .device(let id):
                    ObjectReference(type: Self.deviceType, id: id.text, name: "")
                }
            if let alarm = try await stores.alarms.clear(kind, on: object) { tell(alarm) }
        }
    }

    private static let instanceType = "instance"
    private static let deviceType = "device"

    private func place(
        _ subject: Subject
    ) async throws(StoreError) -> (ObjectReference, ScopePath) {
        switch subject {
        case .site: return (.site, .site)
        case .instance(let id):
            let instance = try await stores.instances.get(id)
            return (instance.reference, instance.path)
        case .device(let id):
            let device = try await stores.devices.get(id)
            return (device.reference, device.path)
        }
    }

    private func tell(_ alarm: Alarm) {
        bus.publish("alarms") {
            var json = JSONWriter()
            json.object { json in
                json.field("id", alarm.id)
                json.field("kind", alarm.kind.rawValue)
                json.object("object") { json in
                    json.field("type", alarm.object.type)
                    json.field("id", alarm.object.id)
                    json.field("name", alarm.object.name)
                }
                json.field("severity", alarm.severity.rawValue)
                json.field("text", alarm.text)
                json.field("since", alarm.since)
                json.field("acknowledgedBy", alarm.acknowledgedBy)
                json.field("acknowledgedAt", alarm.acknowledgedAt)
                json.field("clearedAt", alarm.clearedAt)
            }
            return json.bytes
        }
    }
}
