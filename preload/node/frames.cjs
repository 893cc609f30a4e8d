'use strict';
// Loaded before a package's script (NODE_OPTIONS=--require): when a call of the script fails as a
// refused one does, tells the supervisor through which calls it came. The channel is the name of a
// file that cannot exist; without a supervisor it is simply not there. Nothing is decided by what is
// said here. Whatever goes wrong is silent: the script must not notice.
(() => {
  const CHANNEL = '/proc/self/safe-trace-frames\n';
  const CODES = new Set(['EACCES', 'EPERM', 'ENOENT', 'EXDEV', 'ECONNREFUSED', 'ENETUNREACH',
                         'EHOSTUNREACH', 'ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL']);
  const MOST_REPORTS = 500;
  const MOST_FRAMES = 24;
  const LONGEST = 4000;  // a path has at most 4,095 bytes

  const fs = require('fs');
  const path = require('path');
  const {openSync} = fs;
  const stackOf = Symbol('safe-trace stack');
  let reports = 0;

  function formatted(_, sites) {
    return sites.map((site) => (site.getFunctionName() || '') + '\t' +
                               (site.getFileName() || '<anonymous>') + ':' + site.getLineNumber());
  }
  // The frames outside `wrapper`. Formatting is left until they are wanted.
  function capture(wrapper) {
    const holder = {};
    const {stackTraceLimit} = Error;
    Error.stackTraceLimit = MOST_FRAMES;
    Error.captureStackTrace(holder, wrapper);
    Error.stackTraceLimit = stackTraceLimit;
    return holder;
  }
  function framesOf(holder) {
    const {prepareStackTrace} = Error;
    Error.prepareStackTrace = formatted;
    try {
      return Array.isArray(holder.stack) ? holder.stack : [];
    } finally {
      Error.prepareStackTrace = prepareStackTrace;
    }
  }

  function report(error, about, holder) {
    try {
      if (!error || !CODES.has(error.code) || ++reports > MOST_REPORTS) return;
      const frames = framesOf(holder).filter(
          (frame) => !frame.includes('\tnode:') && !frame.includes(__filename));
      const words = String(about || error.path || error.address || error.hostname || '');
      const isPath = words.includes('/') || error.syscall === 'open';
      let text = CHANNEL + (isPath ? path.resolve(words) : words);
      for (const frame of frames) {
        if (Buffer.byteLength(text) + Buffer.byteLength(frame) + 1 > LONGEST) break;
        text += '\n' + frame.replaceAll('\n', ' ').replaceAll('\0', ' ');
      }
      openSync(text);
    } catch {
      // The channel always fails.
    }
  }

  function replace(owner, name, make) {
    const original = owner[name];
    if (typeof original !== 'function') return;
    const wrapper = make(original);
    try {
      Object.defineProperties(wrapper, Object.getOwnPropertyDescriptors(original));
      owner[name] = wrapper;
    } catch {
      // It stays as it was.
    }
  }
  const synchronous = (original) => function wrapper(...values) {
    try {
      return Reflect.apply(original, this, values);
    } catch (error) {
      report(error, '', capture(wrapper));
      throw error;
    }
  };
  const withCallback = (original) => function wrapper(...values) {
    const callback = values[values.length - 1];
    if (typeof callback === 'function') {
      const holder = capture(wrapper);
      values[values.length - 1] = function(error, ...results) {
        if (error) report(error, '', holder);
        return Reflect.apply(callback, this, [error, ...results]);
      };
    }
    return Reflect.apply(original, this, values);
  };
  const withPromise = (original) => function wrapper(...values) {
    const holder = capture(wrapper);
    return Reflect.apply(original, this, values).then(undefined, (error) => {
      report(error, '', holder);
      throw error;
    });
  };

  const FILE_CALLS = ['open', 'readFile', 'writeFile', 'appendFile', 'readdir', 'copyFile', 'mkdir',
                      'unlink', 'rm', 'rmdir', 'rename', 'chmod', 'symlink', 'link', 'truncate'];
  for (const name of FILE_CALLS) {
    replace(fs, name + 'Sync', synchronous);
    replace(fs, name, withCallback);
    replace(fs.promises, name, withPromise);
  }

  const children = require('child_process');
  replace(children, 'spawn', (original) => function wrapper(...values) {
    const child = Reflect.apply(original, this, values);
    if (child.pid === undefined) report({code: 'EACCES'}, values[0], capture(wrapper));
    return child;
  });

  const dns = require('dns');
  replace(dns, 'lookup', withCallback);
  replace(dns.promises, 'lookup', withPromise);
  const {Socket} = require('net');
  replace(Socket.prototype, 'connect', (original) => function wrapper(...values) {
    Object.defineProperty(this, stackOf, {value: capture(wrapper), configurable: true});
    return Reflect.apply(original, this, values);
  });
  replace(Socket.prototype, 'destroy', (original) => function wrapper(...values) {
    if (values[0] && this[stackOf]) report(values[0], '', this[stackOf]);
    return Reflect.apply(original, this, values);
  });
  require('module').syncBuiltinESMExports();
})();
