// Time limits for many things at once.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDeadlines } from './deadlines.ts';

describe('deadlines', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('expires what is not stopped, once, at most one step late', () => {
    const start = createDeadlines(100);
    const expire = vi.fn();
    const stopped = vi.fn();
    start(() => 1000, expire);
    const stop = start(() => 1000, stopped);
    vi.advanceTimersByTime(900);
    stop();
    expect(expire).not.toHaveBeenCalled();
    vi.advanceTimersByTime(200);
    expect(expire).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(5000);
    expect(expire).toHaveBeenCalledOnce();
    expect(stopped).not.toHaveBeenCalled();
  });

  it('asks for the limit again each time', () => {
    const start = createDeadlines(100);
    const expire = vi.fn();
    let limit = 500;
    start(() => limit, expire);
    vi.advanceTimersByTime(400);
    limit = 2000;
    vi.advanceTimersByTime(1000);
    expect(expire).not.toHaveBeenCalled();
    vi.advanceTimersByTime(700);
    expect(expire).toHaveBeenCalledOnce();
  });

  it('runs no timer while nothing is under way', () => {
    const start = createDeadlines(100);
    start(() => 1000, vi.fn())();
    vi.advanceTimersByTime(100);
    expect(vi.getTimerCount()).toBe(0);
  });
});
