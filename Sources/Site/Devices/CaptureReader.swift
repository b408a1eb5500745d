import Basics
import Crypto
import Domain

/// Reads what devices send of what they run, on a thread of its own: flows of some megabytes must
/// not hold up the connections of an event loop.
actor CaptureReader {
    typealias Fault = DeviceSnapshots.Fault

    /// 16 MB: what a vault's file may unpack to must not be the device's to say.
    static let limit = 16 << 20

    private let executor = BlockingExecutor(label: "captures")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Parameter secret: of the device's credentials.
    func content(
        of capture: AgentReply.Capture, _ secret: String
    ) throws(Fault) -> SnapshotContent {
        guard let text = VaultFile.decode(capture.flows, limit: Self.limit),
            let flows = try? JSONReader.read(text, limit: text.count)
        else { throw .malformed("The flows of the device cannot be read.") }
        let sealed = capture.credentials.flatMap { try? JSONReader.read($0, limit: $0.count) }
        var content = try self.content(flows, sealed?.object, secret, nil)
        content.modules = capture.modules
        return content
    }

    /// Flows that came from elsewhere with their credentials, under `secret`.
    func content(
        _ flows: JSONValue, _ credentials: JSONObject?, _ secret: String?, _ modules: JSONObject?
    ) throws(Fault) -> SnapshotContent {
        var clear = credentials
        if let sealed = credentials, sealed["$"] != nil {
            guard let secret, !secret.isEmpty,
                let bytes = try? NodeREDCredentials(secret: secret).decrypt(sealed.json),
                let values = try? JSONReader.read(bytes, limit: bytes.count).object
            else { throw .version(.credentials) }
            clear = values
        }
        do throws(VersionFault) {
            return try SnapshotContent(
                flows: flows, credentials: clear, modules: SnapshotContent.modules(modules))
        } catch { throw .version(error) }
    }
}
