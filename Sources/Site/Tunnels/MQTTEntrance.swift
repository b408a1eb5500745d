import Basics
import Domain
import Net

/// A connection that will speak MQTT: waits for its first packet, sees that it says who it is, and
/// joins it to the broker's. Confined to its loop; then only the splice is left.
final class MQTTEntrance: ChannelHandler {
    private let channel: any ByteChannel
    /// `nil`: the broker asks for a password.
    private let proven: ProvenDevice?
    private let door: DeviceDoor
    private var input: [UInt8] = []
    /// Of a client whose topics stand elsewhere at the broker.
    private var mounted: MountedTopics?
    private var deadline: LoopTimer?
    /// What comes now is for later, or for nobody.
    private var isDone = false
    private var isClosed = false
    private static let log = Log("door")

    /// 10 s, as for a request's head.
    private static let patience = Duration.seconds(10)
    private static let brokerPatience = Duration.seconds(5)

    init(_ channel: any ByteChannel, _ proven: ProvenDevice?, door: DeviceDoor) {
        self.channel = channel
        self.proven = proven
        self.door = door
        deadline = channel.loop.schedule(after: Self.patience) { [weak self] in
            self?.deadline = nil
            self?.refuse("says nothing")
        }
    }

    func channelRead(_ bytes: UnsafeRawBufferPointer) {
        input += bytes
        guard !isDone else { return }
        do throws(ConnectFault) {
            guard let (packet, count) = try ConnectPacket.read(input) else { return }
            input.removeFirst(count)
            begin(packet)
        } catch { refuse("does not begin with a CONNECT: \(error)") }
    }

    private func begin(_ packet: ConnectPacket) {
        settle()
        if let proven {
            guard packet.clientID == proven.brokerName, packet.username == proven.brokerName else {
                return refuse(
                    "\(proven.device) calls itself something else",
                    saying: packet.refusal(.notAuthorized))
            }
        }
        guard let target = door.broker.current else {
            return refuse("the broker does not run", saying: packet.refusal(.serverUnavailable))
        }
        channel.pauseReading()
        let mount = proven == nil ? TopicGrammar.mount(of: packet.username) : nil
        let packetOn: [UInt8]? =
            if proven != nil {
                packet.bytes(password: target.secret)
            } else if let mount {
                packet.bytes(mounting: mount)
            } else {
                packet.original
            }
        guard let first = packetOn else { return refuse("the topic of its will is too long") }
        mounted = mount.map { MountedTopics($0, level: packet.level) }
        let join = Join(entrance: self)
        channel.loop.connect(
            to: .unix(path: proven == nil ? target.openPath : target.socketPath),
            timeout: Self.brokerPatience
        ) { result in
            switch result {
            case .success(let broker): join.entrance.join(broker, first)
            case .failure(let error):
                join.entrance.refuse(
                    "the broker does not answer: \(error)",
                    saying: packet.refusal(.serverUnavailable))
            }
        }
    }

    /// Stays on the loop.
    private struct Join: @unchecked Sendable { let entrance: MQTTEntrance }

    private func join(_ broker: any ByteChannel, _ first: [UInt8]) {
        guard !isClosed, channel.isOpen else { return broker.abort(.aborted) }
        var later: [UInt8]? = input
        if let mounted { later = input.withUnsafeBytes(mounted.toBroker) }
        input = []
        guard let later else {
            broker.abort(.aborted)
            return channel.abort(.aborted)
        }
        broker.write(.bytes(later.isEmpty ? first : first + later))
        guard let proven else {
            return ChannelSplice(
                channel, broker, toFar: mounted?.toBroker, toNear: mounted?.toClient
            ).start()
        }
        let place = Place()
        let splice = ChannelSplice(channel, broker) { [door] in
            if let key = place.key { door.leave(key) }
        }
        splice.start()
        let loop = channel.loop
        place.key = door.enter(proven, from: channel.peer.host) {
            loop.execute { splice.cut() }
        }
    }

    /// Where the door has noted us. Stays on the loop.
    private final class Place { var key: UInt64? }

    private func settle() {
        isDone = true
        if let deadline { channel.loop.cancel(deadline) }
        deadline = nil
    }

    private func refuse(_ reason: String, saying last: [UInt8] = []) {
        settle()
        input = []
        guard !isClosed else { return }
        door.trouble.warn(Self.log, "MQTT from \(channel.peer.host) refused: \(reason)")
        if !last.isEmpty { channel.write(.bytes(last)) }
        channel.close()
    }

    func channelReadEnded() {
        settle()
        channel.close()
    }

    func channelDrained() {}

    func channelClosed(_ error: NetError?) {
        isClosed = true
        settle()
    }
}
