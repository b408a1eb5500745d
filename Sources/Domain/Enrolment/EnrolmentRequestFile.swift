import Basics

/// What a device without any connection writes on a stick: its request, what it says of itself, and
/// a signature of its own key over both. A person carries it in and the answer back.
package struct EnrolmentRequestFile: Sendable, Equatable {
    package enum Fault: Error, Sendable, Equatable, CustomStringConvertible {
        case tooLarge, unreadable, tampered

        package var description: String {
            switch self {
            case .tooLarge:
                "The request is larger than \(EnrolmentTerms.maximumBodySize) bytes."
            case .unreadable: "This is no request of a device."
            case .tampered: "The request was changed since the device made it: copy it once more."
            }
        }
    }

    package static let kind = "lineside-enrolment-request"

    /// PKCS #10, DER.
    package var request: [UInt8]
    package var facts: EnrolmentFacts
    package var signature: [UInt8]

    package init(
        request: [UInt8], facts: EnrolmentFacts, sign: (_ message: [UInt8]) -> [UInt8]?
    ) throws(Fault) {
        self.request = request
        self.facts = facts
        guard let signature = sign(Self.message(request, facts)) else { throw .unreadable }
        self.signature = signature
    }

    /// The signature is still to be checked, with the key inside the request.
    package init(_ text: [UInt8]) throws(Fault) {
        guard text.count <= EnrolmentTerms.maximumBodySize else { throw .tooLarge }
        guard
            let object = try? JSONReader.read(text, limit: EnrolmentTerms.maximumBodySize).object,
            object["kind"]?.string == Self.kind, object["v"]?.int == 1,
            let request = object["csr"]?.string.flatMap(Base64URL.decode),
            let facts = object["facts"]?.object,
            let signature = object["sig"]?.string.flatMap(Base64URL.decode)
        else { throw .unreadable }
        self.request = request
        self.facts = EnrolmentFacts(json: facts)
        self.signature = signature
    }

    /// What is signed.
    package var message: [UInt8] { Self.message(request, facts) }

    package var text: String {
        var json = JSONWriter()
        json.object { json in
            json.field("v", 1)
            json.field("kind", Self.kind)
            json.field("csr", Base64URL.encode(request))
            json.field("facts", facts)
            json.field("sig", Base64URL.encode(signature))
        }
        return String(decoding: json.bytes, as: UTF8.self)
    }

    private static func message(_ request: [UInt8], _ facts: EnrolmentFacts) -> [UInt8] {
        Array("\(kind)\n".utf8) + request + facts.json
    }
}
