import Basics
package import Domain
import Store

/// A device sends its log and its samples only while somebody looks.
extension Fleet {
    func followListeners() async {
        for await interest in parts.bus.interest(under: "device/") {
            if Task.isCancelled { return }
            let parts = interest.topic.split(separator: "/").map(String.init)
            guard parts.count == 3, let id = Device.ID(parts[1]),
                let subject = WatchBook.Subject(rawValue: parts[2])
            else { continue }
            if interest.isListened {
                await watch(subject, of: id)
            } else {
                watches.end(subject, of: id, self.parts.clock.elapsed)
            }
        }
    }

    /// How many of what was watched of a device nobody watches any more, and is to be stopped.
    package func endingWatches(of id: Device.ID) -> Int { watches.ending(of: id) }

    private func watch(_ subject: WatchBook.Subject, of id: Device.ID) async {
        guard watches.begin(subject, of: id, parts.clock.elapsed), book[id]?.isConnected == true,
            let device = try? await parts.stores.devices.get(id)
        else { return }
        switch device.agent {
        case .stock:
            try? await tell(subject == .log ? .startLog : .startResources, device)
        case .lineside: await order(.watch(seconds: 60), to: device)
        case nil: break
        }
    }

    /// After the agent began anew: it does not remember that somebody watches.
    func startWatched(_ id: Device.ID, _ agent: Device.Agent) async {
        let subjects = watches.subjects(of: id)
        guard !subjects.isEmpty, let device = try? await parts.stores.devices.get(id) else {
            return
        }
        switch agent {
        case .stock:
            if subjects.contains(.log) { try? await tell(.startLog, device) }
            if subjects.contains(.resources) { try? await tell(.startResources, device) }
        case .lineside: await order(.watch(seconds: 60), to: device)
        }
    }

    func renewWatches(_ now: Duration) async {
        for (id, subject) in watches.ended(now) where book[id]?.isConnected == true {
            guard let device = try? await parts.stores.devices.get(id) else { continue }
            switch device.agent {
            case .stock: try? await tell(subject == .log ? .stopLog : .stopResources, device)
            case .lineside:
                if watches.subjects(of: id).isEmpty { await order(.unwatch, to: device) }
            case nil: break
            }
        }
        for id in watches.due(now) where book[id]?.isConnected == true {
            guard let device = try? await parts.stores.devices.get(id), device.agent == .lineside
            else { continue }
            await order(.watch(seconds: 60), to: device)
        }
    }

    /// Without waiting for its answer: it is said again while it matters.
    func order(_ order: AgentCommand.Order, to device: Device) async {
        let (now, life) = (parts.now(), Duration.seconds(60))
        let command = AgentCommand(order: order, at: now, until: now + life)
        let topic = AgentTopic(.command, team: device.teamID, device: device.id).text
        try? await parts.link.publish(topic, command.bytes, isSure: false, life: life)
    }
}
