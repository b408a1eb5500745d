"use strict";
// As much of an Express router as the admin API, nodes and plugins use.

const { readBody } = require("./body");

class Router {
  #routes = [];

  get(path, ...handlers) {
    return this.#add("GET", path, handlers);
  }

  post(path, ...handlers) {
    return this.#add("POST", path, handlers);
  }

  put(path, ...handlers) {
    return this.#add("PUT", path, handlers);
  }

  delete(path, ...handlers) {
    return this.#add("DELETE", path, handlers);
  }

  /** Adds a route of any method; returns a function that takes it away again. */
  add(method, path, handler) {
    const route = this.#add(method.toUpperCase(), path, [handler]).#routes.at(-1);
    return () => {
      this.#routes = this.#routes.filter((other) => other !== route);
    };
  }

  #add(method, path, handlers) {
    this.#routes.push({ method, matches: matcher(path), handlers });
    return this;
  }

  /** Answers a request below `root`; 404 if no route wants it. */
  async handle(request, response, root) {
    dress(request, response, root);
    try {
      const route = this.#find(request);
      if (!route) {
        response.status(404).type("text/plain").send(`Cannot ${request.method} ${request.path}`);
        return;
      }
      request.body = await readBody(request);
      await run(route.handlers, request, response);
    } catch (error) {
      if (response.headersSent) response.destroy();
      else response.status(error.status ?? 500).json({ code: error.code, message: error.message });
    }
  }

  #find(request) {
    const method = request.method === "HEAD" ? "GET" : request.method;
    for (const route of this.#routes) {
      const params = route.method === method && route.matches(request.path);
      if (params) {
        request.params = params;
        return route;
      }
    }
    return null;
  }
}

/** `/a/:b` → function of a path that gives `{b}` or null. */
function matcher(path) {
  const names = [];
  const pattern = `/${path.replace(/^\//, "")}`
    .replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
    .replace(/:(\w+)/g, (_all, name) => {
      names.push(name);
      return "([^/]+)";
    });
  const regex = new RegExp(`^${pattern}/?$`, "i");
  return (candidate) => {
    const match = regex.exec(candidate);
    if (!match) return null;
    return Object.fromEntries(names.map((name, index) => [name, decode(match[index + 1])]));
  };
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

async function run(handlers, request, response) {
  for (const handler of handlers) {
    let goesOn = handler.length < 3;
    await handler(request, response, () => {
      goesOn = true;
    });
    if (!goesOn) return;
  }
}

function dress(request, response, root) {
  const url = new URL(request.url, "http://instance");
  request.path = `/${url.pathname.slice(root.length)}`;
  request.query = Object.fromEntries(url.searchParams);
  request.originalUrl = request.url;
  request.get = (name) => request.headers[name.toLowerCase()];
  request.ip = request.socket.remoteAddress;
  response.status = (code) => Object.assign(response, { statusCode: code });
  response.set = (name, value) => response.setHeader(name, value);
  response.type = (value) => response.set("content-type", value);
  response.send = (body = "") => response.end(body);
  response.json = (value) =>
    response.type("application/json; charset=utf-8")
      .send(JSON.stringify(value));
  response.sendStatus = (code) => response.status(code).send(String(code));
}

module.exports = { Router };
