import Basics
import HTTP

/// The fields of an `application/x-www-form-urlencoded` body.
struct FormBody: Sendable {
    private let fields: [(name: String, value: String)]

    /// `nil` for what is no such form.
    init?(_ bytes: [UInt8]) {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        var fields: [(name: String, value: String)] = []
        for part in text.split(separator: "&") {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentCoding.decode(pair[0], plusIsSpace: true),
                let value = PercentCoding.decode(pair.count > 1 ? pair[1] : "", plusIsSpace: true)
            else { return nil }
            fields.append((name, value))
        }
        self.fields = fields
    }

    func first(_ name: String) -> String? { fields.first { $0.name == name }?.value }
}
