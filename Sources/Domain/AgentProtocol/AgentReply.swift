package import Basics

/// The answer of a device to one command.
package struct AgentReply: Sendable, Equatable {
    package struct Refusal: Sendable, Equatable {
        /// For programs: `unknown-command`, `busy`, `no-snapshot`, `too-large`, `offline`, …
        package var code: String
        /// For people. One sentence.
        package var text: String
        package init(code: String, text: String) {
            self.code = code
            self.text = text
        }
    }

    /// What runs on the device, for `capture`.
    package struct Capture: Sendable, Equatable {
        /// Text of flows.json, as a file of the vault holds it (a byte of format, then the rest).
        package var flows: [UInt8]
        /// Text of flows_cred.json, under the device's secret.
        package var credentials: [UInt8]?
        package var modules: [NodeModule]
        package init(flows: [UInt8], credentials: [UInt8]?, modules: [NodeModule]) {
            self.flows = flows
            self.credentials = credentials
            self.modules = modules
        }
    }

    package var id: AgentCommand.ID
    /// `nil`: it was done.
    package var refusal: Refusal?
    package var capture: Capture?

    package init(_ id: AgentCommand.ID, refusal: Refusal? = nil, capture: Capture? = nil) {
        self.id = id
        self.refusal = refusal
        self.capture = capture
    }
}

extension AgentReply: AgentMessage {
    package static let called = "a reply"
    package static let limit = 2 << 20
    package static let valueLimit = 5000

    package init(json object: JSONObject) throws(JSONFieldError) {
        id = try object.id("id")
        let error = try object.optionalObject("error")
        if try object.optionalBool("ok") ?? false {
            refusal = nil
        } else {
            refusal = Refusal(
                code: try error?.text("code", upTo: 64) ?? "unknown",
                text: try error?.text("text", upTo: 2000) ?? "The device gave no reason.")
        }
        capture = nil
        if let object = try object.optionalObject("capture") { capture = try Capture(json: object) }
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", id)
            json.field("ok", refusal == nil)
            if let refusal {
                json.object("error") { json in
                    json.field("code", refusal.code)
                    json.field("text", refusal.text)
                }
            }
            if let capture { json.field("capture", capture) }
        }
    }
}

extension AgentReply.Capture: JSONReadable, JSONWritable {
    package init(json object: JSONObject) throws(JSONFieldError) {
        guard let flows = Base64URL.decode(try object.string("flows")), !flows.isEmpty else {
            throw JSONFieldError(field: "flows", reason: "must be base64")
        }
        self.flows = flows
        credentials = try object.optionalString("credentials").map { Array($0.utf8) }
        modules = []
        for module in try object.optionalArray("modules") ?? [] {
            guard let module = module.object else {
                throw JSONFieldError(field: "modules", reason: "must hold objects")
            }
            modules.append(
                NodeModule(
                    name: try module.text("name", upTo: 214),
                    version: try module.text("version", upTo: 100)))
        }
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("flows", Base64URL.encode(flows))
            json.field("credentials", credentials.map { String(decoding: $0, as: UTF8.self) })
            json.array("modules") { json in
                for module in modules {
                    json.object { json in
                        json.field("name", module.name)
                        json.field("version", module.version)
                    }
                }
            }
        }
    }
}
