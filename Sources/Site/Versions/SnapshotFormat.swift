import Basics
import Domain

/// As what a snapshot is sent.
package enum SnapshotFormat: String, Sendable, CaseIterable {
    /// Our own, with a digest over all of it.
    case lineside
    /// What FlowFuse exports and imports.
    case flowfuse
    /// A bare list of nodes, as Node-RED's editor imports it.
    case flows

    /// 64 MB: thirty times the largest flows that anybody has shown us.
    package static let largest = 64 << 20
    /// Shorter ones are found by trying.
    static let shortestPassphrase = 12

    /// - Parameter passphrase: `nil` leaves credentials and secret variables out.
    package func write(
        _ content: SnapshotContent, passphrase: String?
    ) throws(VersionFault) -> [UInt8] {
        if let passphrase {
            guard self != .flows else {
                throw .invalidFile("A bare list of nodes cannot hold credentials.")
            }
            guard passphrase.count >= Self.shortestPassphrase else { throw .weakPassphrase }
        }
        switch self {
        case .lineside: return try SnapshotFile(content, passphrase: passphrase).bytes
        case .flowfuse: return try FlowFuseSnapshot.write(content, secret: passphrase)
        case .flows: return content.flows.json
        }
    }

    /// As many values as can be compared: strangers' bytes of that length could name thirty times
    /// as many, and fill the memory.
    static func parse(_ bytes: [UInt8]) throws(JSONError) -> JSONValue {
        try JSONReader.read(bytes, limit: largest, values: FlowDocument.largest)
    }

    /// Any of the three, recognised by what is in it.
    /// - Parameter passphrase: needed where the file holds encrypted credentials.
    package static func read(
        _ bytes: [UInt8], passphrase: String?
    ) throws(VersionFault) -> SnapshotContent {
        let json: JSONValue
        do throws(JSONError) { json = try parse(bytes) } catch {
            throw .invalidFile("The file is no JSON that is taken: it \(error.reason.rawValue).")
        }
        if case .array = json { return try SnapshotContent(flows: json) }
        if SnapshotFile.isOne(json) {
            return try SnapshotFile(reading: json).open(passphrase: passphrase)
        }
        if FlowFuseSnapshot.isOne(json) {
            return try FlowFuseSnapshot.read(json, secret: passphrase)
        }
        if let flows = json["flows"], flows.array != nil {
            // What Node-RED's admin API answers.
            return try SnapshotContent(flows: flows, credentials: json["credentials"]?.object)
        }
        throw .invalidFile(
            "The file is neither a snapshot of Lineside or FlowFuse nor a list of Node-RED nodes.")
    }
}
