import Basics
import Crypto
import Domain
package import HTTP
import Synchronization

/// Where a flow on the device says "not now" with a plain `http request` node. On loopback, below a
/// path that only who sees Node-RED's environment knows:
/// - `PUT` or `POST` of `{"busy":true,"reason":"…","seconds":60,"name":"…"}`: not now, for so many
///   seconds (60 at most); to be said anew before they are over. Several who say it under names of
///   their own must all be ready.
/// - `{"busy":false}`, or `DELETE`: ready.
/// - `GET`: whether something stands in the way, and whether a snapshot waits.
package final class AgentReadyDoor: Sendable {
    /// How an environment names the address.
    package static let variable = "LINESIDE_READY_URL"
    private static let limit = ByteCount.kibibytes(4)

    private let file: SealedFile
    private let path: String
    private let agent = Mutex<Agent?>(nil)
    /// The port that it had before, so that a Node-RED that has run on through a new start of the
    /// agent still finds it; 0: any.
    package let port: UInt16

    package init(_ paths: AgentPaths) {
        file = SealedFile(path: paths.door)
        let parts = file.read().map { String(decoding: $0, as: UTF8.self).split(separator: " ") }
        port = parts?.first.flatMap { UInt16($0) } ?? 0
        path = "/ready/" + (parts?.last.map { String($0) } ?? Randomness.secret())
    }

    /// - Parameter port: the one that was got.
    /// - Returns: the address for the environment of Node-RED.
    package func settle(on port: Int) -> String {
        if port != Int(self.port) {
            // Without it the address changes with the next start of the agent.
            try? file.write(Array("\(port) \(path.dropFirst(7))".utf8))
        }
        return "http://127.0.0.1:\(port)\(path)"
    }

    /// Before that nobody can be answered.
    package func open(for agent: Agent) { self.agent.withLock { $0 = agent } }

    package func answer(_ request: Request) async -> Response {
        guard let agent = agent.withLock({ $0 }), Self.isSame(request.target.path, path) else {
            return .problem(.notFound("This address"))
        }
        let lease = agent.lease
        switch request.method {
        case .get: break
        case .delete: lease.release("")
        case .put, .post:
            guard let bytes = try? await request.body.collect(upTo: Self.limit),
                let object = try? JSONReader.read(bytes, limit: bytes.count, values: 32).object,
                let isBusy = object["busy"]?.bool
            else { return .problem(.malformed("It must be like {\"busy\":true}.")) }
            let name = String((object["name"]?.string ?? "").prefix(80))
            if isBusy {
                let seconds = object["seconds"]?.int ?? AgentLease.longest
                guard lease.hold(name, object["reason"]?.string ?? "", seconds: seconds) else {
                    return .problem(.conflict("Too many say it under names of their own."))
                }
            } else {
                lease.release(name)
            }
        default: return .problem(.malformed("It takes GET, PUT, POST and DELETE."))
        }
        return .bytes(await view(agent, lease), type: "application/json")
    }

    private func view(_ agent: Agent, _ lease: AgentLease) async -> [UInt8] {
        let refusal = lease.refusal()
        let waiting = await agent.waiting()
        var json = JSONWriter()
        json.object { json in
            json.field("busy", refusal != nil)
            json.field("reason", refusal?.reason)
            json.field("seconds", refusal.map { $0.left.milliseconds / 1000 })
            json.field("waiting", waiting)
        }
        return json.bytes
    }

    private static func isSame(_ one: String, _ other: String) -> Bool {
        Secrecy.equal(Array(one.utf8), Array(other.utf8))
    }
}
