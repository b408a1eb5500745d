package import Basics

/// A deploy that our storage module has put into the spool and Node-RED has acknowledged.
package struct DeployEntry: Sendable, Equatable {
    /// Grows with each deploy of an instance.
    package var id: String
    package var at: Timestamp
    /// As the editor knew them; `nil` for nobody.
    package var user: String?
    /// Exact text of flows.json.
    package var flows: [UInt8]
    /// Exact text of flows_cred.json.
    package var credentials: [UInt8]?

    package init(
        id: String, at: Timestamp, user: String?, flows: [UInt8], credentials: [UInt8]?
    ) {
        self.id = id
        self.at = at
        self.user = user
        self.flows = flows
        self.credentials = credentials
    }

    /// `nil` for anything but an entry of the id that its name says.
    package init?(named id: String, _ bytes: [UInt8], at now: Timestamp) {
        // An entry of ours has seven values, the object included; 600 MB of others would be 8 GB
        // of memory.
        guard let object = try? JSONReader.read(bytes, limit: bytes.count, values: 64).object,
            object["format"]?.int == 1, object["id"]?.string == id,
            let flows = object["flows"]?.string
        else { return nil }
        self.init(
            id: id, at: LogLine.moment(object["at"]?.int, now),
            user: object["user"]?.string.map { String($0.prefix(200)) }, flows: Array(flows.utf8),
            credentials: (object["credentials"]?.string).map { Array($0.utf8) })
    }

    /// `<13 digits>-<16 hex>` of `<id>.json`; `nil` for every other name.
    package static func id(ofFile name: String) -> String? {
        let letters = Array(name.utf8)
        guard letters.count == 35, name.hasSuffix(".json"), letters[13] == UInt8(ascii: "-"),
            letters[..<13].allSatisfy({ (0x30...0x39).contains($0) }),
            letters[14..<30].allSatisfy({
                (0x30...0x39).contains($0) || (0x61...0x66).contains($0)
            })
        else { return nil }
        return String(name.prefix(30))
    }
}
