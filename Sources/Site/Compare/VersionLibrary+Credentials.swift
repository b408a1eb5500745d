import Basics
import Domain

extension VersionLibrary {
    /// Clear, only to be compared; `nil` for a snapshot that came without any.
    /// - Throws: `.credentials` where they do not open.
    func credentials(of snapshot: Snapshot) async throws(VersionFault) -> FlowCredentials? {
        guard snapshot.credentials != nil else {
            let isUploaded = snapshot.instanceID == nil && snapshot.versionID == nil
            return isUploaded ? nil : FlowCredentials(JSONObject())
        }
        return try Self.values(try await clearCredentials(of: snapshot))
    }

    func credentials(of version: Version) async throws(VersionFault) -> FlowCredentials? {
        guard let address = version.credentials else { return FlowCredentials(JSONObject()) }
        let file = try await read(address)
        return try Self.values(
            try decrypt(file, secret: try await secret(of: version.instanceID)))
    }

    private static func values(_ clear: [UInt8]?) throws(VersionFault) -> FlowCredentials {
        guard let clear else { return FlowCredentials(JSONObject()) }
        guard let values = try? JSONReader.read(clear, limit: clear.count).object else {
            throw .credentials
        }
        return FlowCredentials(values)
    }
}
