import Basics

/// An answer that a person carries to a device without any connection. What nobody but the device
/// may read is sealed to its key, and bound to everything else in the file.
package struct CarriedAnswer: Sendable, Equatable {
    package enum Fault: Error, Sendable, Equatable, CustomStringConvertible {
        case unreadable, foreign

        package var description: String {
            switch self {
            case .unreadable: "This is no answer of an appliance."
            case .foreign:
                "This answer is for another device, or was changed since it was made: copy it once "
                    + "more."
            }
        }
    }

    package static let kind = "lineside-enrolment-answer"

    package let answer: EnrolmentAnswer

    package init(_ answer: EnrolmentAnswer) { self.answer = answer }

    /// - Parameter seal: to the key of the certificate inside; `nil`: it cannot.
    package func text(
        seal: (_ secret: [UInt8], _ bound: [UInt8]) -> [UInt8]?
    ) -> String? {
        guard let box = seal(Array(answer.credentialSecret.utf8), Self.bound(answer)) else {
            return nil
        }
        var json = JSONWriter()
        json.object { json in
            json.field("v", 1)
            json.field("kind", Self.kind)
            json.field("answer", Self.bare(answer))
            json.field("sealed", Base64URL.encode(box))
        }
        return String(decoding: json.bytes, as: UTF8.self)
    }

    /// - Parameter open: with the key of the device; `nil`: the box is another's.
    package init(
        _ text: [UInt8], open: (_ box: [UInt8], _ bound: [UInt8]) -> [UInt8]?
    ) throws(Fault) {
        guard let object = try? JSONReader.read(text).object,
            object["kind"]?.string == Self.kind, object["v"]?.int == 1,
            let inner = object["answer"]?.object, var answer = EnrolmentAnswer(json: inner),
            let box = object["sealed"]?.string.flatMap(Base64URL.decode)
        else { throw .unreadable }
        guard let secret = open(box, Self.bound(answer)) else { throw .foreign }
        answer.credentialSecret = String(decoding: secret, as: UTF8.self)
        self.answer = answer
    }

    private static func bare(_ answer: EnrolmentAnswer) -> EnrolmentAnswer {
        var bare = answer
        bare.credentialSecret = ""
        return bare
    }

    private static func bound(_ answer: EnrolmentAnswer) -> [UInt8] {
        Array("\(kind)\n".utf8) + bare(answer).json
    }
}
